// Copies of backups at a remote of rclone, by the script of the pod.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { accepts, freePort, Lab, type Program } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

let lab: Lab;
let config: string;
let server: Program;
beforeEach(async () => {
  lab = new Lab();
  for (const name of ['local/unit-1', 'remote']) fs.mkdirSync(path.join(lab.dir, name), { recursive: true });
  const port = await freePort();
  server = lab.start('rclone', ['serve', 'webdav', path.join(lab.dir, 'remote'), '--addr', `127.0.0.1:${port}`]);
  await server.ready(() => accepts(port));
  config = lab.write('rclone.conf', `[far]\ntype = webdav\nurl = http://127.0.0.1:${port}\nvendor = other\n`);
});
afterEach(() => lab.close());

function write(name: string): void {
  lab.write(`local/unit-1/${name}`, name);
}

async function copied(): Promise<{ code: number | null; output: string }> {
  const text = fs.readFileSync(path.join(ROOT, 'lib/scripts/copy-backups.sh'), 'utf8');
  const script = lab.write('copy-backups.sh', text.replaceAll('/backups', `${lab.dir}/local`));
  const env = {
    ...process.env,
    FLEET: 'unit-1',
    REMOTE: 'far:deep',
    RCLONE_CONFIG: config,
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  };
  const program: Program = lab.start('sh', [script], { env });
  return { code: await program.exit(), output: program.output };
}

function remote(): string[] {
  const all = fs.readdirSync(path.join(lab.dir, 'remote'), { recursive: true, withFileTypes: true });
  const files = all.filter((it) => it.isFile()).map((it) => path.join(it.parentPath, it.name));
  return files.map((file) => path.relative(path.join(lab.dir, 'remote/deep/unit-1'), file)).sort();
}

test('complete backups are copied, and only those; nothing is removed at the remote', async () => {
  for (const name of ['1/shard-0000.rdb', '1/manifest.json', '2/shard-0000.rdb']) write(name);
  expect(await copied()).toEqual({ code: 0, output: expect.stringMatching(/^copied 1$/m) as string });
  expect(remote()).toEqual(['1/manifest.json', '1/shard-0000.rdb']);
  write('2/manifest.json');
  fs.rmSync(path.join(lab.dir, 'local/unit-1/1'), { recursive: true });
  expect(await copied()).toEqual({ code: 0, output: expect.stringMatching(/^copied 2$/m) as string });
  expect(remote()).toEqual(['1/manifest.json', '1/shard-0000.rdb', '2/manifest.json', '2/shard-0000.rdb']);
});

test('a copy that fails has no manifest, and fails the Job', async () => {
  for (const name of ['1/shard-0000.rdb', '1/manifest.json']) write(name);
  await server.stop();
  const { code, output } = await copied();
  expect([code, output]).toEqual([1, expect.stringContaining('could not copy 1')]);
  expect(remote()).toEqual([]);
});

test('without a complete backup the Job fails', async () => {
  write('1/shard-0000.rdb');
  const { code, output } = await copied();
  expect([code, output]).toEqual([1, expect.stringContaining('there is no complete backup')]);
});
