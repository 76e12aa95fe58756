// Any password works: in the Secret, the shell, redis.conf, nutcracker.yml, and a client.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabFleet } from './lab/fleet';
import { Lab } from './lab/lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

test.each([
  'with space at its end ',
  ' with space at its start',
  'with a line break\n',
  'tab\tcarriage return\rescape\x1bdelete\x7f',
  'from-secret/another/secret',
  '@NAMESPACE@ $HOME $(id) `id` %s %d \\x41 \\u0041 \\',
  '- [a, {b: c}] # !!str &anchor *alias | > ~ null',
  '\'single\' "double"',
  'next line \u0085, separator \u2028, mark \ufeff, control \u009f, private \ue000',
  '密码 пароль 😀',
  'x'.repeat(300),
])('the password %j works', async (password) => {
  const it = await LabFleet.synthesize(lab, { servers: 1, secretValue: password });
  await it.startShard(0);
  await it.startProxy();
  const client = it.client();
  await client.set('key', 'value');
  expect(await client.get('key')).toBe('value');
  client.disconnect();
});

test.each([
  ['empty', Buffer.of()],
  ['Latin-1', Buffer.from('caf\xe9', 'latin1')],
  ['cut off within a character', Buffer.from('€').subarray(0, 2)],
  ['a stray continuation', Buffer.of(0x61, 0x80)],
  ['overlong', Buffer.of(0xc0, 0xaf)],
])('with an invalid password (%s) the proxy does not start', async (_what, bytes) => {
  const it = await LabFleet.synthesize(lab, { servers: 1 });
  const pod = it.proxyPod();
  fs.writeFileSync(path.join(pod.directory('/run/passwords'), 'fleet-redis/password'), bytes);
  await expect(pod.start()).rejects.toThrow('the password in Secret fleet-redis/password is empty or not UTF-8');
});
