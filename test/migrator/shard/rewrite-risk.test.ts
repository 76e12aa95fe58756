// CONFIG REWRITE is not used if the server could not start with the file that it writes.

import { rewriteRisk } from '../../../migrator/shard/rewrite-risk';
import { RedisServer } from '../../../migrator/redis/server';
import { Version } from '../../../migrator/redis/version';
import { accepts, freePort, Lab, type Program } from '../../lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

interface Started {
  readonly server: RedisServer;
  readonly version: Version;
  /** Restarts it with its file. */
  readonly again: () => Promise<boolean>;
}

/** A server with lines in its own file and in an included file. */
async function started(own: readonly string[], included: readonly string[]): Promise<Started> {
  const port = await freePort();
  const include = lab.write('included.conf', `${included.join('\n')}\n`);
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${lab.dir}`, `include ${include}`, ...own];
  const file = lab.write('redis.conf', `${lines.join('\n')}\n`);
  const address = `127.0.0.1:${port}`;
  const start = async (): Promise<{ program: Program; server: RedisServer }> => {
    const program = lab.start(process.env.OLD_REDIS_SERVER ?? 'redis-server', [file]);
    await program.ready(() => accepts(port));
    return { program, server: await RedisServer.connect(address, { password: 'secret' }) };
  };
  const { program, server } = await start();
  const again = async (): Promise<boolean> => {
    server.close();
    await program.stop();
    return start().then(
      (second) => {
        second.server.close();
        return true;
      },
      () => false,
    );
  };
  return { server, version: Version.of(await server.info()), again };
}

const ANNA = 'user anna on nopass ~* +@all';
const DEFAULT = 'user default on >secret ~* +@all';
const REQUIREPASS = 'requirepass secret';

const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a user in an included file', [REQUIREPASS], [ANNA]],
  ['the default user in an included file', [], [DEFAULT]],
];

test.each(CASES)('%s: a risk is reported exactly if it would not start again', async (_, own, included) => {
  const it = await started(own, included).catch(() => undefined);
  if (it === undefined) return; // It knows no users.
  const { server, version, again } = it;
  const risk = await rewriteRisk(server, version);
  await server.call('CONFIG', 'REWRITE');
  expect(await again()).toBe(risk === undefined);
});

test('a password in an included file is no risk, and neither are reads that are closed and opened', async () => {
  const { server, version, again } = await started([], [REQUIREPASS]);
  expect(await rewriteRisk(server, version)).toBeUndefined();
  for (const reads of ['-@read', '+@read']) {
    await server.call('ACL', 'SETUSER', 'default', reads).catch(() => undefined);
    expect(await rewriteRisk(server, version)).toBeUndefined();
  }
  await server.call('CONFIG', 'REWRITE');
  expect(await again()).toBe(true);
});
