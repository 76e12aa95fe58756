// What the Job that creates a Redis Cluster does next, from what the nodes say: the table of all states, without servers.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

const AWK = path.join(ROOT, 'lib/scripts/cluster-decide.awk');

interface Node {
  /** @default 0 */
  readonly keys?: number;
  /** @default ok */
  readonly state?: string;
  /** The lines of CLUSTER NODES: `id flags master slots`; `self` is added to the flags of the first one. */
  readonly sees: readonly string[];
}

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** The ids of the nodes are n0, n1, ...; their addresses are 10.0.0.0:6379, 10.0.0.1:6379, ... */
const addressOf = (id: string): string => (id.startsWith('n') ? `10.0.0.${id.slice(1)}` : '10.9.9.9');

function decide(nodes: readonly Node[], each = 2): string {
  const row = (line: string, i: number): string => {
    const [id, flags, master = '-', ...slots] = line.split(' ');
    const address = flags.includes('noaddr') ? ':0@0' : `${addressOf(id.replace('old-', ''))}:6379@16379`;
    return `${id} ${address}${flags.includes('unnamed') ? '' : ',name'} ${i === 0 ? 'myself,' : ''}${flags} ${master} 0 0 1 connected ${slots.join(' ')}`.trim();
  };
  const state = nodes.map(({ keys = 0, state: own = 'ok' }, n) => `${n} 10.0.0.${n}:6379 ${keys} ${own}\n`);
  lab.write('state', state.join(''));
  nodes.forEach(({ sees }, n) => {
    fs.writeFileSync(path.join(lab.dir, `nodes.${n}`), `${sees.map(row).join('\n')}\n`);
  });
  const files = nodes.map((_, n) => `nodes.${n}`);
  const args = ['-v', `each=${each}`, '-f', AWK, 'state', ...files];
  return execFileSync('awk', args, { cwd: lab.dir, encoding: 'utf8' }).trim();
}

const NEW = [0, 1, 2, 3].map((n) => ({ state: 'fail', sees: [`n${n} master`] }));
/** Two masters, 0 and 2, each with a replica. (redis-cli creates no cluster with fewer than three.) */
const LINES = ['n0 master - 0-8191', 'n1 slave n0', 'n2 master - 8192-16383', 'n3 slave n2'];
const seenBy = (n: number, lines = LINES): string[] => [lines[n], ...lines.filter((_, i) => i !== n)];
const WHOLE: Node[] = LINES.map((_, n) => ({ sees: seenBy(n) }));
const withNode = (nodes: readonly Node[], n: number, node: Node): Node[] =>
  nodes.map((one, i) => (i === n ? node : one));
const ALONE = (n: number): Node => ({ state: 'fail', sees: [`n${n} master`] });
/** The others have not heard of node n. */
const without = (n: number): Node[] =>
  WHOLE.map(({ sees }, i) => ({ sees: i === n ? sees : sees.filter((line) => !line.startsWith(`n${n} `)) }));
/** Node n has lost its disk: the others know its former self. */
const lost = (n: number, flags: string, slots = '', lines = LINES): Node[] => {
  const left = lines.map((line, i) => (i === n ? `old-n${n} ${flags} - ${slots}`.trim() : line));
  return lines.map((_, i) => (i === n ? ALONE(n) : { sees: seenBy(i, left) }));
};

test.each<[string, readonly Node[], string | RegExp]>([
  ['new nodes', NEW, 'create'],
  [
    'a node of which another one does not know the name yet',
    withNode(WHOLE, 3, { sees: [LINES[3], LINES[0], LINES[1], LINES[2].replace('master', 'master,unnamed')] }),
    'wait until 10.0.0.3:6379 knows the name of 10.0.0.2:6379',
  ],
  [
    'nodes without names',
    WHOLE.map(({ sees }) => ({ sees: sees.map((line) => line.replace(/(master|slave)/, '$1,unnamed')) })),
    'done',
  ],
  ['nodes of which one has slots', withNode(NEW, 0, { sees: ['n0 master - 0-8191'] }), 'reset'],
  ['nodes of which two have met', withNode(NEW, 0, { sees: ['n0 master', 'n2 master'] }), 'reset'],
  ['nodes of which one is joining', withNode(NEW, 0, { sees: ['n0 master', 'n2 handshake'] }), 'reset'],
  ['nodes of which one has keys', withNode(NEW, 1, { ...ALONE(1), keys: 3 }), /^refuse 10\.0\.0\.1:6379 has 3 keys/],
  [
    'a node that knows another cluster',
    withNode(NEW, 1, { sees: ['n1 master', 'x master'] }),
    /knows 10\.9\.9\.9:6379/,
  ],
  ['a whole cluster', WHOLE, 'done'],
  ['a node that does not see it as whole', withNode(WHOLE, 3, { ...WHOLE[3], state: 'fail' }), /^wait until the state/],
  ['a node that was reset', withNode(WHOLE, 1, ALONE(1)), 'meet 1 0 n0'],
  ['a new node beside it', withNode(without(1), 1, ALONE(1)), 'add 1 0 n0'],
  [
    'a new node that has keys',
    withNode(WHOLE, 1, { ...ALONE(1), keys: 1 }),
    /^refuse 10\.0\.0\.1:6379 has keys or slots/,
  ],
  [
    'a node that has joined, and follows nobody yet',
    LINES.map((_, n) => ({
      sees: seenBy(
        n,
        LINES.map((line) => line.replace('n1 slave n0', 'n1 master')),
      ),
    })),
    'replicate 1 n0',
  ],
  ['the former self of a replica', lost(1, 'slave,fail'), 'forget old-n1'],
  ['one without an address', lost(1, 'slave,noaddr'), 'forget old-n1'],
  ['one that may only be slow', lost(1, 'slave,fail?'), 'add 1 0 n0'],
  ['a master that was lost with its slots', lost(0, 'master,fail', '0-8191'), /^refuse a lost node, old-n0, has slots/],
  [
    'a node of no Service that has failed',
    LINES.map((_, n) => ({ sees: seenBy(n, [...LINES, 'x master,fail']) })),
    'done',
  ],
  [
    'a node of another whole cluster',
    withNode(WHOLE, 3, { sees: ['n3 master - 0-16383'] }),
    /^refuse 10\.0\.0\.3:6379 has keys or slots/,
  ],
  [
    'nodes of two clusters',
    withNode(WHOLE, 3, { sees: ['n3 slave x', 'x master - 0-16383'] }),
    /^refuse 10\.0\.0\.3:6379 and 10\.0\.0\.0:6379 are in two clusters/,
  ],
  ['a node of which the others have not heard', without(3), /^wait until 10\.0\.0\.3:6379 has joined/],
  [
    'a node that has failed',
    withNode(WHOLE, 0, {
      sees: seenBy(
        0,
        LINES.map((line) => line.replace('n3 slave', 'n3 slave,fail')),
      ),
    }),
    /^wait until 10\.0\.0\.0:6379 reaches 10\.0\.0\.3:6379/,
  ],
])('%s', (_, nodes, expected) => {
  const said = decide(nodes);
  if (typeof expected === 'string') expect(said).toBe(expected);
  else expect(said).toMatch(expected);
});
