// The lab keeps apart what runs in it, and leaves nothing behind.

import { freePort, Lab } from './lab';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

test('no port is given to two, whenever they ask', async () => {
  const random = jest.spyOn(Math, 'random');
  const asking: Promise<number>[] = [];
  for (let i = 0; i < 20; i++) {
    random.mockReturnValueOnce(0.5);
    asking.push(freePort());
    await new Promise((resolve) => {
      process.nextTick(resolve);
    });
  }
  random.mockRestore();
  expect(new Set(await Promise.all(asking)).size).toBe(20);
});

test('what a program prints is read as it was meant, whatever pieces it comes in', async () => {
  const program = lab.start('sh', ['-c', String.raw`printf '\342\202'; sleep 0.1; printf '\254'`]);
  await program.exit();
  expect(program.output).toBe('€');
});

test('a program that ends before it is ready is quoted to its end', async () => {
  const program = lab.start('sh', ['-c', '(sleep 0.1; echo too late) & exit 1']);
  await expect(program.ready(() => false)).rejects.toThrow('sh ended: too late');
});

test('a lab that is being closed starts nothing and writes nothing any more', async () => {
  const program = lab.start('sleep', ['60']);
  const closing = lab.close();
  expect(() => lab.start('sleep', ['60'])).toThrow('the lab is closed');
  expect(() => lab.write('file', '')).toThrow('the lab is closed');
  await closing;
  expect(program.running).toBe(false);
});
