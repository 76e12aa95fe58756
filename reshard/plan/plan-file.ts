// Reads and validates reshard.json.

import { Distribution, HashType } from '../../lib/nutcracker';
import {
  duplicates,
  entriesOf,
  entryProblems,
  type EntryRules,
  formatProblems,
  isCount,
  isNetwork,
  isObject,
  isOrdinal,
  isText,
  isUser,
  listOf,
  orNothing,
  readPlanFile,
  ruleProblems,
  type Rules,
} from '../../migrator/program/plan-rules';
import {
  isCluster,
  type PlannedMember,
  RESHARD_PLAN_VERSION,
  type ReshardAddress,
  type ReshardPlan,
  type ReshardServer,
  RING_USERS,
} from './plan';

/** Throws a UsageError with the file, the field, the value and the remedy. */
export function readPlan(file: string): ReshardPlan {
  return readPlanFile(file, 'reshard.json', problemsOf) as ReshardPlan;
}

const isOneOf =
  (values: readonly string[]) =>
  (value: unknown): boolean =>
    values.includes(value as string);

const HASHES = Object.values<string>(HashType);
/** Not `random`, which is no ring. */
const DISTRIBUTIONS: string[] = [Distribution.KETAMA, Distribution.MODULA];

function ringRules(ring: 'a' | 'b'): Rules {
  const fields = 'a ring: user, hash, distribution, hashTag and servers';
  return [
    [ring, isObject, ring === 'b' ? `${fields}, or cluster: nodes of a Redis Cluster` : fields],
    [`${ring}.user`, isOneOf(RING_USERS), `one of ${RING_USERS.join(', ')}`],
    [`${ring}.hash`, isOneOf(HASHES), `one of ${HASHES.join(', ')}`],
    [`${ring}.distribution`, isOneOf(DISTRIBUTIONS), `one of ${DISTRIBUTIONS.join(', ')}`],
    [
      `${ring}.hashTag`,
      orNothing((value) => isText(value) && String(value).length === 2),
      'two characters, or nothing',
    ],
    [`${ring}.servers`, (value) => Array.isArray(value) && value.length > 0, 'a list of servers'],
  ];
}

const CLUSTER_RULES: Rules = [
  ['b.cluster', (value) => Array.isArray(value) && value.length > 0, 'a list of nodes of the Redis Cluster'],
  ...['user', 'hash', 'distribution', 'hashTag', 'servers'].map((name): Rules[number] => [
    `b.${name}`,
    (value) => value === undefined,
    'nothing: b.cluster has only nodes',
  ]),
];

const RULES: Rules = [
  ['fleet', isText, 'the name of the fleet'],
  [
    'user',
    (value) => isUser(value) && !isOneOf(RING_USERS)(value),
    `the ACL user of this program, not ${RING_USERS.join(' or ')}`,
  ],
  ['proxyNetworks', orNothing(listOf(isNetwork)), 'a list of networks such as "10.0.0.0/8", or nothing'],
  ['shards', (value) => Array.isArray(value) && value.length > 0, 'a list of servers'],
  ...ringRules('a'),
];

const isPort = (value: unknown): boolean => isCount(value) && Number(value) < 65_536;
const isHost = (value: unknown): boolean => typeof value === 'string' && /^[^\s:]+$/.test(value);

const isAddress = ({ host, port }: ReshardAddress): boolean => isHost(host) && isPort(port);

const NODE_RULES: EntryRules<ReshardAddress> = [
  ['host', isHost, 'a host without a port'],
  ['port', isPort, 'its port'],
];

const SERVER_RULES: EntryRules<ReshardServer> = [
  ['shard', isOrdinal, 'its ordinal'],
  ...NODE_RULES,
  [
    'replica',
    orNothing((value) => isObject(value) && isAddress(value as ReshardAddress)),
    'the host and the port of its partner, or nothing',
  ],
];

const MEMBER_RULES: EntryRules<PlannedMember> = [
  ['shard', isOrdinal, 'the ordinal of its server'],
  ['name', isText, 'its ring name'],
  ['weight', isCount, 'its weight'],
];

/** The errors in a plan, each with the field, the value and the remedy. */
function problemsOf(plan: Record<string, unknown>): string[] {
  const format = formatProblems(plan, 'reshard.json', RESHARD_PLAN_VERSION);
  if (format.length > 0) return format;
  const { b } = plan as unknown as ReshardPlan;
  const toCluster = isObject(b) && isCluster(b);
  const rules = ruleProblems(plan, [...RULES, ...(toCluster ? CLUSTER_RULES : ringRules('b'))]);
  if (rules.length > 0) return rules;
  const { shards, a } = plan as unknown as ReshardPlan;
  const servers = entriesOf('shards', shards);
  const members = [entriesOf('a.servers', a.servers), ...(isCluster(b) ? [] : [entriesOf('b.servers', b.servers)])];
  const entries = [
    ...entryProblems(servers, SERVER_RULES),
    ...duplicates(servers, 'shard'),
    ...members.flatMap((ring) => [
      ...entryProblems(ring, MEMBER_RULES),
      ...duplicates(ring, 'shard'),
      ...duplicates(ring, 'name'),
    ]),
    ...(isCluster(b) ? entryProblems(entriesOf('b.cluster', b.cluster), NODE_RULES) : []),
  ];
  if (entries.length > 0) return entries;
  const known = new Set(shards.map(({ shard }) => shard));
  return [
    ...(!isCluster(b) && a.user === b.user ? [`b.user is ${b.user}, the same as a.user; write the other one`] : []),
    ...members
      .flat()
      .flatMap(({ path, value }) =>
        known.has(Number(value.shard))
          ? []
          : [`${path}.shard is ${String(value.shard)}; write the ordinal of a server in shards`],
      ),
  ];
}
