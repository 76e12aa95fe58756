import * as fs from 'node:fs';
import * as path from 'node:path';
import { withoutPasswords } from '../../../lib/redis/config/passwords';

const without = (text: string): string => withoutPasswords(Buffer.from(text, 'latin1'), 'replaced').toString('latin1');
const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

test.each([
  ['requirepass s3cret', 'requirepass replaced'],
  ['  RequirePass   "two words"\t\r', '  RequirePass replaced\t\r'],
  ["masterauth 's3\\'cret'", 'masterauth replaced'],
  ['tls-key-file-pass s3cret', 'tls-key-file-pass replaced'],
  [`user default on >s3cret ~* +@all`, 'user default on >replaced ~* +@all'],
  [`user a on "#${HASH}" "<two words" allkeys`, 'user a on #replaced <replaced allkeys'],
  ['# requirepass s3cret', '# requirepass replaced'],
  ['#requirepass "two words"', '#requirepass replaced'],
  [`# user worker +@list on >ffa9`, '# user worker +@list on >replaced'],
])('%s becomes %s', (line, after) => {
  expect(without(`port 6379\n${line}\nhz 10\n`)).toBe(`port 6379\n${after}\nhz 10\n`);
});

test.each([
  'requirepass ""',
  'requirepass',
  '# requirepass is not compatible with aclfile',
  '# user names are > 1 character',
  'user default on nopass ~* +@all',
  'rename-command CONFIG ""',
  'logfile "\xe9t\xe9 unbalanced',
  '   \t# indented \xff',
])('%j stays as it is', (line) => {
  expect(without(`${line}\r\n${line}`)).toBe(`${line}\r\n${line}`);
});

test('a password is taken out of remarks, too, where it stands alone', () => {
  const file = 'requirepass s3cret\n# s3cret since 2019, before: s3crets\ndir /srv/s3cret\n';
  expect(without(file)).toBe('requirepass replaced\n# replaced since 2019, before: s3crets\ndir /srv/s3cret\n');
});

test.each(['2.8.conf', '3.2.conf', '5.0.conf', '6.2.conf', '7.0.conf'])(
  'nothing but passwords changes in %s',
  (name) => {
    const before = fs.readFileSync(path.join(__dirname, '..', 'old', name), 'latin1');
    const after = without(before).split('\n');
    const changed = before.split('\n').filter((line, i) => line !== after[i]);
    expect(changed.filter((line) => !/^#? ?(requirepass|masterauth|user) /.test(line))).toEqual([]);
    expect(after).toHaveLength(before.split('\n').length);
  },
);
