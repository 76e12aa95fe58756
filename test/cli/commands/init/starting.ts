// Calls init as the command line does.

import { init } from '../../../../cli/commands/init/init';
import { type Origin } from '../../../../cli/commands/init/origin';
import { type Ask, Questions } from '../../../../cli/commands/init/questions';
import { plain } from '../../configurations';
import { inputOf } from '../../program';

/** The options without suggestions. */
export const ENOUGH = { 'nfs-server': 'nfs.example.net', 'nfs-path': '/export/alpha', 'proxy-image': 'proxy:1' };

interface Start {
  readonly directory?: string;
  readonly redisConf?: string;
  readonly info?: readonly string[];
  readonly options?: Readonly<Record<string, string | undefined>>;
  readonly ask?: Ask;
  readonly problems?: string[];
  readonly origin?: Origin;
}

/** The result of init for this nutcracker.yml on standard input. */
export async function start(
  nutcracker: string,
  { directory, redisConf, info, options = ENOUGH, ask, problems, origin = { from: 'registry' } }: Start,
) {
  const questions = new Questions(options, ask, (problem) => problems?.push(problem));
  const result = await init(
    '-',
    { directory, redisConf, info, version: '1.2.3', origin },
    inputOf(nutcracker),
    questions,
  );
  return { exitCode: result.exitCode, lines: result.lines(plain), json: result.json as Record<string, any> };
}
