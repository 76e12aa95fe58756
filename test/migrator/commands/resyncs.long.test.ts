// A copy that takes longer than repl-timeout is repeated until sync gives up.

import { Lab } from '../../lab/lab';
import { started, syncRefusal } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

test('reports a repl-timeout that is shorter than a copy, on either server', async () => {
  const pairs = await started(lab, {
    directives: () => [['repl-diskless-sync-delay', '0']],
    newDirectives: () => [['repl-timeout', '2']],
  });
  const old = pairs.old(0);
  for (let i = 0; i < 20; i++) await old.set(`key:${i}`, 'value');
  // A test setting of Redis: microseconds of delay for each key of a snapshot.
  await old.config('SET', 'rdb-key-save-delay', '500000');
  try {
    expect(await syncRefusal(pairs)).toContain(
      `repl-timeout, which is 2 s on 127.0.0.1:${pairs.newPorts[0]}; set it to 60`,
    );
  } finally {
    await old.config('SET', 'rdb-key-save-delay', '0');
  }
});
