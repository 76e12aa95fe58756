import { FleetFailover, type FleetFailoverProps } from '../lib';
import { problemsOf } from './lab/kubernetes-schema';
import { chart, type Manifest, manifests, ofKind, validationErrors } from './lab/synth';

function failover(props: Partial<FleetFailoverProps> = {}): FleetFailover {
  return new FleetFailover(chart('unit-1'), 'failover', {
    name: 'unit-1-failover',
    addresses: ['shard-0.:6379', 'shard-1.:6379'],
    replicaAddresses: ['shard-0-b.:6380', 'shard-1-b.:6380'],
    sentinels: [0, 1, 2].map((n) => `unit-1-sentinel-${n}.:26379`),
    password: { name: 'unit-1-redis' },
    partOf: 'unit-1',
    ...props,
  });
}

function container(it: FleetFailover, step: string): Manifest {
  return (it.jobs[step].toJson() as Manifest).spec.template.spec.containers[0] as Manifest;
}

test('the plan has a line for each shard', () => {
  expect((failover().planConfigMap.toJson() as Manifest).data['replicas.json']).toMatchSnapshot();
});

test('the Jobs are valid in Kubernetes 1.27, and run when applied except those that change a master', () => {
  const it = failover();
  expect(validationErrors(it)).toEqual([]);
  expect(manifests(it).flatMap(problemsOf)).toEqual([]);
  expect(ofKind(it, 'Job').map(({ spec }) => [spec.suspend, spec.backoffLimit])).toEqual([
    [undefined, 0],
    [true, 6],
    [true, 6],
  ]);
  expect(it.podSelector).toEqual({ 'app.kubernetes.io/name': 'failover', 'app.kubernetes.io/instance': it.name });
  expect(container(it, 'switchover')).toMatchSnapshot();
});

test('the program fits into a ConfigMap, and is left out if the image has it', () => {
  expect(failover().programConfigMap?.toJson()).toMatchObject({
    immutable: true,
    data: {
      'failover.mjs': expect.stringContaining('import') as string,
      'run-failover.sh': expect.any(String) as string,
    },
  });
  const it = failover({ image: 'registry.example.net/failover:1', programInImage: true });
  expect(it.programConfigMap).toBeUndefined();
});

test('an argument replaces the variable of a Job', () => {
  const it = failover({ stepArguments: { switchover: ['--to', 'b', '--shards', '0'] } });
  const names = (step: string): string[] => (container(it, step).env as Manifest[]).map(({ name }) => name as string);
  expect(names('switchover')).toEqual(['REDIS_PASSWORD', 'JOB_NAME']);
  expect(names('failover').slice(2)).toEqual(['FAILOVER_SHARDS', 'FAILOVER_TO', 'FAILOVER_ACCEPT_DATA_LOSS']);
});

test.each<[Partial<FleetFailoverProps>, string]>([
  [{ sentinels: ['s:1'] }, 'sentinels has 1; with less than 3, the loss of one prevents every failover'],
  [{ addresses: ['a:1'] }, 'there are 1 addresses and 2 replicaAddresses'],
  [{ addresses: ['a:1', 'b'] }, '"b" is not host:port'],
  [{ stepArguments: { move: [] } }, 'stepArguments names "move"; the steps are status, switchover, failover'],
  [{ stepArguments: { switchover: ['--to', 'c'] } }, 'stepArguments of switchover: --to is "c"; write a or b'],
  [{ stepArguments: { status: ['--shards', '5'] } }, 'stepArguments of status: --shards names 5'],
  [{ programInImage: true }, 'programInImage is true, but the default Node image does not contain the failover'],
])('%j is refused', (props, message) => {
  expect(() => failover(props)).toThrow(message);
});
