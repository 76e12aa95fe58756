// The environment variables of the Jobs, with which they can be started for other shards, or another server, without a synth.

import { type k8s } from 'cdk8s-plus-27';
import { type Step } from '../jobs/step';

/** The variables of a step that its arguments do not set. */
export function failoverEnv({ name }: Step, args: readonly string[]): k8s.EnvVar[] {
  const isGiven = (option: string): boolean => args.some((arg) => arg === option || arg.startsWith(`${option}=`));
  const variable = (option: string, env: k8s.EnvVar): k8s.EnvVar[] => (isGiven(option) ? [] : [env]);
  switch (name) {
    case 'switchover':
      // A Job may be run again: it needs a target. By default it brings the masters back to their first servers.
      return [
        ...variable('--shards', { name: 'FAILOVER_SHARDS', value: 'all' }),
        ...variable('--to', { name: 'FAILOVER_TO', value: 'a' }),
      ];
    case 'failover':
      return [
        ...variable('--shards', { name: 'FAILOVER_SHARDS', value: 'none' }),
        ...variable('--to', { name: 'FAILOVER_TO', value: '' }),
        ...variable('--accept-data-loss', { name: 'FAILOVER_ACCEPT_DATA_LOSS', value: 'no' }),
      ];
    default:
      return [{ name: 'FAILOVER_SHARDS', value: 'all' }];
  }
}
