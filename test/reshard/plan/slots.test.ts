// A key has the slot that a real server computes.

import * as path from 'node:path';
import { slotOf } from '../../../reshard/plan/slots';
import { connect } from '../../lab/clients';
import { accepts, freePorts, Lab } from '../../lab/lab';

const lab = new Lab();
afterAll(() => lab.close());

const TAGGED = [
  '{}',
  '{}x',
  '{x}',
  'a{x}b',
  'a{}{x}',
  '{{x}}',
  'a{x}{y}',
  '}{',
  '}x{y}',
  'a{b',
  'a}b',
  '',
  '{\0}',
  'ä{ö}',
];

/** Keys of random bytes, with many braces. */
function randomKeys(count: number): Buffer[] {
  const byte = (): number =>
    Math.random() < 0.3 ? (Math.random() < 0.5 ? 0x7b : 0x7d) : Math.floor(Math.random() * 256);
  return Array.from({ length: count }, () => Buffer.from(Array.from({ length: Math.floor(Math.random() * 20) }, byte)));
}

test('slots are those of CLUSTER KEYSLOT', async () => {
  const [port, bus] = await freePorts(2);
  const file = lab.write('node/redis.conf', '');
  const settings = ['--port', String(port), '--cluster-enabled', 'yes', '--cluster-port', String(bus)];
  const server = lab.start('redis-server', [...settings, '--save', '', '--dir', path.dirname(file)]);
  await server.ready(() => accepts(port));
  const client = connect(port, '');
  const keys = [...TAGGED.map((text) => Buffer.from(text)), ...randomKeys(3000)];
  const slots = await Promise.all(keys.map((key) => client.call('CLUSTER', 'KEYSLOT', key)));
  client.disconnect();
  expect(keys.map(slotOf)).toEqual(slots);
});
