// init --info: the memory of the shards from the INFO of their servers.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { InputError } from '../../../../cli/output/input-error';
import { Lab } from '../../../lab/lab';
import { pool, servers } from '../../configurations';
import { GIBIBYTE, section } from '../capacity/samples';
import { ENOUGH, start } from './starting';

const lab = new Lab();
afterAll(() => lab.close());

/** Twenty shards; a fork of shard 7 copies all its data. */
const INFO = Array.from({ length: 20 }, (_, i) =>
  section(String(i), {
    run_id: String(i).padStart(40, '0'),
    used_memory: (i === 0 ? 4 : 2) * GIBIBYTE,
    used_memory_peak: (i === 0 ? 4 : 2) * GIBIBYTE,
    used_memory_rss: (i === 0 ? 4.4 : 2.2) * GIBIBYTE,
    rdb_last_cow_size: (i === 7 ? 2 : i === 0 ? 1 : 0.5) * GIBIBYTE,
  }),
);

const initialize = async (name: string, memory?: string, infos: readonly string[] = INFO): Promise<string> => {
  const directory = path.join(lab.dir, name);
  const info = [lab.write(`${name}.txt`, infos.join(''))];
  await start(pool('alpha', servers(20)), { directory, info, options: { ...ENOUGH, memory } });
  return fs.readFileSync(path.join(directory, 'fleets/alpha/fleet.ts'), 'utf8');
};

test('the proposal is written to fleet.ts', async () => {
  const fleet = await initialize('proposed');
  expect(/ redis: [^]*? {2}\},/.exec(fleet)?.[0]).toMatchInlineSnapshot(`
   " redis: {
       memory: Size.mebibytes(7936),
       maxmemory: Size.mebibytes(5312),
       maxmemoryOfShard: { 7: Size.mebibytes(3392) },
     },"
  `);
});

test('with a given memory, maxmemory is what fits into it', async () => {
  const sizes = [...(await initialize('given', '16Gi')).matchAll(/Size\.(\w+)\((\d+)\)/g)].map((match) =>
    match.slice(1),
  );
  expect(sizes).toContainEqual(['gibibytes', '16']);
  expect(fs.readFileSync(path.join(lab.dir, 'given/fleets/alpha/fleet.ts'), 'utf8')).toMatch(/maxmemory: Size\.\w+\(/);
});

test('a memory into which a shard does not fit, and an incomplete file, are refused; nothing is written', async () => {
  await expect(initialize('small', '4Gi')).rejects.toThrow(
    '--memory is "4Gi"; the data of shard 0 needs more; use 7936Mi',
  );
  await expect(initialize('incomplete', undefined, INFO.slice(1))).rejects.toThrow('it has no INFO of 10.0.0.0:6379');
  await expect(start(pool('alpha', servers(1)), { info: ['a', 'b', 'c'] })).rejects.toThrow(InputError);
  for (const name of ['small', 'incomplete']) expect(fs.existsSync(path.join(lab.dir, name))).toBe(false);
});
