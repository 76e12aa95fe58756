// init, called as the command line calls it.

import { init } from '../../../../cli/commands/init/init';
import { type Origin } from '../../../../cli/commands/init/origin';
import { type Ask, Questions } from '../../../../cli/commands/init/questions';
import { plain } from '../../configurations';
import { inputOf } from '../../program';

/** Options without which nothing can be guessed. */
export const ENOUGH = { 'nfs-server': 'nfs.example.net', 'nfs-path': '/export/alpha', 'proxy-image': 'proxy:1' };

interface Start {
  readonly directory?: string;
  readonly redisConf?: string;
  readonly options?: Readonly<Record<string, string | undefined>>;
  readonly ask?: Ask;
  readonly told?: string[];
  readonly origin?: Origin;
}

/** What init says about this nutcracker.yml on standard input. */
export async function start(
  nutcracker: string,
  { directory, redisConf, options = ENOUGH, ask, told, origin = { from: 'registry' } }: Start,
) {
  const questions = new Questions(options, ask, (problem) => told?.push(problem));
  const answer = await init('-', { directory, redisConf, version: '1.2.3', origin }, inputOf(nutcracker), questions);
  return { exitCode: answer.exitCode, lines: answer.lines(plain), json: answer.json as Record<string, any> };
}
