// The lab isolates its programs, and leaves nothing behind.

import { freePort, Lab } from './lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

test('concurrent requests never get the same port', async () => {
  const random = jest.spyOn(Math, 'random');
  const requests: Promise<number>[] = [];
  for (let i = 0; i < 20; i++) {
    random.mockReturnValueOnce(0.5);
    requests.push(freePort());
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
  }
  random.mockRestore();
  expect(new Set(await Promise.all(requests)).size).toBe(20);
});

test('output is decoded correctly, whatever chunks it arrives in', async () => {
  const program = lab.start('sh', ['-c', String.raw`printf '\342\202'; sleep 0.1; printf '\254'`]);
  await program.exit();
  expect(program.output).toBe('€');
});

test('the error for a program that ends before it is ready has its whole output', async () => {
  const program = lab.start('sh', ['-c', '(sleep 0.1; echo too late) & exit 1']);
  await expect(program.ready(() => false)).rejects.toThrow('sh ended: too late');
});

test('a lab that is being closed starts no program and writes no file', async () => {
  const program = lab.start('sleep', ['60']);
  const closing = lab.close();
  expect(() => lab.start('sleep', ['60'])).toThrow('the lab is closed');
  expect(() => lab.write('file', '')).toThrow('the lab is closed');
  await closing;
  expect(program.running).toBe(false);
});
