// Any password: through the Secret, the shell, redis.conf, nutcracker.yml, and back from a client.

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
