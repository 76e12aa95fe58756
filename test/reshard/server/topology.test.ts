import { Topology } from '../../../reshard/server/topology';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40));

/** What a node says of two masters, of which the second one has a replica. */
function nodes(changes: { flags?: string; slots?: string; a?: string } = {}): Topology {
  const { flags = 'master', slots = '0-8191', a = '10.0.0.1:6379@16379,node-0' } = changes;
  return Topology.parse(
    [
      `${B} 10.0.0.2:6379@16379,node-1 ${flags} - 0 1 2 connected 8192-16382 16383`,
      `${A} ${a} myself,master - 0 0 1 connected ${slots}`,
      `${C} 10.0.0.3:6379@16379 slave ${B} 0 1 2 connected`,
      '',
    ].join('\n'),
  );
}

test('the shards are in the order of their slots', () => {
  expect(nodes().shards.map((shard) => shard.map(({ id }) => id))).toEqual([[A], [B, C]]);
  expect(nodes().shards[1][0]).toMatchObject({
    address: { host: '10.0.0.2', port: 6379 },
    hostname: 'node-1',
    ranges: [
      [8192, 16_382],
      [16_383, 16_383],
    ],
  });
  expect(nodes().self?.id).toBe(A);
  expect(nodes().problem).toBeUndefined();
});

test('an address that the node does not know is empty, and one of IPv6 is whole', () => {
  expect(nodes({ a: ':6379@16379' }).self?.address.host).toBe('');
  expect(nodes({ a: 'fd00::1:6379@16379' }).self?.address).toEqual({ host: 'fd00::1', port: 6379 });
});

test.each([
  [{ flags: 'master,fail' }, 'its node node-1:6379 has failed'],
  [{ flags: 'handshake' }, 'a node is joining it'],
  [{ slots: '0-8190' }, 'only 16383 of its 16384 slots have a node'],
  [{ slots: `0-8191 [77->-${B}]` }, 'a slot is being moved'],
  [{ slots: `0-8191 [77-<-${B}]` }, 'a slot is being moved'],
])('%j is a problem', (changes, problem) => {
  expect(nodes(changes).problem).toContain(problem);
});

test('its summary changes with slots and roles only', () => {
  expect(nodes({ flags: 'master,fail?' }).summary).toBe(nodes().summary);
  expect(nodes({ slots: '0-8190' }).summary).not.toBe(nodes().summary);
});
