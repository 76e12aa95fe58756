// Moves one shard after another: the new server then serves, and the old one is fenced.

import { type PlannedShard } from '../../lib/migration/plan';
import { type Context } from './context';
import { eachShard } from '../program/each-shard';
import { AbortedError } from '../shard/hand-over';
import { ExitCode, type Outcome } from '../program/outcome';
import { Pair } from '../shard/pair';
import { type CutoverOptions, ShardCutover } from './shard-cutover';
import { MEANING } from '../shard/shard-state';

export async function cutover(context: Context, options: CutoverOptions): Promise<Outcome[]> {
  const work = (shard: PlannedShard): Promise<string> => new ShardCutover(context, options, shard).run();
  if (options.canaryMs === undefined) return eachShard(context, options, work);
  const [canary, ...others] = context.shards;
  const first = await eachShard({ ...context, shards: [canary] }, options, async (shard) => {
    const message = await work(shard);
    await watch(context, shard, options.canaryMs ?? 0);
    return `${message}, and is stable`;
  });
  if (first.some(({ code }) => code !== ExitCode.DONE)) {
    context.report.note(`shard ${canary.shard} went first and is not stable; no other shard was changed`);
    return [...first, ...others.map(({ shard }) => ({ shard, code: ExitCode.INCOMPLETE, message: 'not started' }))];
  }
  return [...first, ...(await eachShard({ ...context, shards: others }, options, work))];
}

/** Throws unless the new server stays the master and is not restarted. */
async function watch({ access, report }: Context, shard: PlannedShard, ms: number): Promise<void> {
  const pair = await Pair.connect(shard, access);
  try {
    const first = await pair.observe();
    const until = performance.now() + ms;
    while (performance.now() < until) {
      report.progress({ shard: shard.shard, state: 'watched', detail: 'the first one' });
      await new Promise((resolve) => setTimeout(resolve, 250));
      const { state, new: fresh } = await pair.observe();
      if (fresh?.isMaster !== true) throw new AbortedError(`the new server lost its role: ${MEANING[state]}`);
      if (fresh.runId !== first.new?.runId) throw new AbortedError('the new server was restarted');
    }
  } finally {
    pair.close();
  }
}
