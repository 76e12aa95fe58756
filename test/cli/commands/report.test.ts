// The command report: how it writes, and its errors.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../../lab/lab';
import { pool, servers } from '../configurations';
import { ARTICLE, buildInto, type Result, ROOT, run, UNIT_1 } from '../program';

const lab = new Lab();
afterAll(() => lab.close());

const program = path.join(buildInto(lab), 'cdk8s-twemproxy');
const report = (...args: string[]): Promise<Result> => run(program, ['report', ...args]);
const shell = (script: string): Promise<Result> => run('sh', ['-c', script]);

let files = 0;
const newFile = (): string => path.join(lab.dir, `report-${++files}.html`);

async function pageOf(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await report(...args, '-o', '-');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return String(stdout);
}

/** The fields of `check --json` that these tests use. */
interface Checked {
  readonly warnings: readonly Finding[];
  readonly notes: readonly Finding[];
}
interface Finding {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

describe('the page', () => {
  test('is the same for the same input, in a file or on standard output', async () => {
    const file = newFile();
    expect(await report(UNIT_1, '-o', file)).toMatchObject({ code: 0, stderr: '' });
    const page = fs.readFileSync(file, 'utf8');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toMatch(/<\/html>\n$/);
    expect(await pageOf(UNIT_1)).toBe(page);
    expect(String((await shell(`${program} report ${UNIT_1} -o /dev/stdout | cat`)).stdout)).toContain(page);
  });

  test('has no password', async () => {
    expect(fs.readFileSync(path.join(ROOT, ARTICLE), 'utf8')).toMatch(/redis_auth: \S+/);
    const secret = lab.write('secret.yml', pool('alpha', servers(3), 'redis_auth: wh1sper'));
    expect(await pageOf(secret)).not.toContain('wh1sper');
  });

  test('has all warnings and notes of check', async () => {
    const page = await pageOf(ARTICLE);
    const checked = await run(program, ['check', '--json', ARTICLE]);
    const { warnings, notes } = JSON.parse(String(checked.stdout)) as Checked;
    expect(warnings.length + notes.length).toBeGreaterThan(2);
    for (const { file, line, message } of [...warnings, ...notes]) {
      expect(page).toContain(message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
      expect(page).toContain(line === undefined ? file : `${file}:${line}`);
    }
  });

  test('replaces an older one atomically, also through a symbolic link, and keeps its mode', async () => {
    const file = newFile();
    fs.writeFileSync(file, 'older', { mode: 0o640 });
    const link = newFile();
    fs.symlinkSync(file, link);
    expect((await report(UNIT_1, '-o', link)).code).toBe(0);
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(file, 'utf8')).toContain('</html>');
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
  });

  test('is not written in part if there is no space', async () => {
    const file = lab.write('narrow/report.html', 'older');
    // Blocks of 512 bytes: the first half of the page would fit.
    const { code, stderr } = await shell(`ulimit -f 200; exec ${program} report ${UNIT_1} -o ${file}`);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/report\.html: it would exceed the file size limit; /),
    });
    expect(fs.readFileSync(file, 'utf8')).toBe('older');
    expect(fs.readdirSync(path.dirname(file))).toEqual(['report.html']);
  });
});

describe('an error', () => {
  const alpha = lab.write('alpha.yml', pool('alpha', servers(3)));
  const broken = lab.write('broken.yml', pool('alpha', ['10.0.0.1:6379:0']));

  test('in the configuration is printed as by check, and nothing is written', async () => {
    const file = newFile();
    fs.writeFileSync(file, 'older');
    const { code, stdout, stderr } = await report(broken, '-o', file);
    expect({ code, stdout: String(stdout) }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(String((await run(program, ['check', broken])).stdout));
    expect(stderr).toContain(`${broken}:6: error: `);
    expect(fs.readFileSync(file, 'utf8')).toBe('older');
  });

  test.each([
    ['a missing output', [alpha], "required option '-o, --output <file>' not specified"],
    ['an output that is an input', [alpha, '-o', alpha], 'it is also an input file; write to another file'],
    ['an output that is a directory', [alpha, '-o', lab.dir], 'it is a directory; name a file in it'],
    [
      'an output in a missing directory',
      [alpha, '-o', path.join(lab.dir, 'no/r.html')],
      'its directory does not exist; create the directory',
    ],
    ['standard input twice', ['-', '-o', '-', '--status', '-'], 'standard input can be only one of the files'],
    ['an invalid status', [alpha, '-o', '-', '--status', alpha], `${alpha}:1: alpha: is not JSON; give the output of`],
  ])('is %s', async (_, args, message) => {
    const { code, stdout, stderr } = await report(...args);
    expect({ code, stdout: String(stdout) }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

test('no other command loads the chart library', async () => {
  const page = path.join(path.dirname(program), 'page', 'page.js');
  fs.renameSync(page, `${page}.away`);
  try {
    expect((await run(program, ['check', UNIT_1])).code).toBe(0);
    expect((await report(UNIT_1, '-o', '-')).code).toBe(2);
  } finally {
    fs.renameSync(`${page}.away`, page);
  }
});
