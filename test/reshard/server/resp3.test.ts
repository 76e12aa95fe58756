import { Push, Resp3Parser } from '../../../reshard/server/resp3';

const BYTES = Buffer.concat([
  Buffer.from('+OK\r\n%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n>2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\na\r\n\r\n$2\r\n'),
  Buffer.of(0xff, 0x00),
  Buffer.from('\r\n>2\r\n$10\r\ninvalidate\r\n_\r\n-NOPERM no\r\n:7\r\n$-1\r\n#t\r\n~1\r\n,1.5\r\n'),
]);

const EXPECTED = [
  Buffer.from('OK'),
  [Buffer.from('server'), Buffer.from('redis')],
  new Push([Buffer.from('invalidate'), [Buffer.from('a\r\n'), Buffer.of(0xff, 0x00)]]),
  new Push([Buffer.from('invalidate'), null]),
  new Error('NOPERM no'),
  7,
  null,
  Buffer.from('t'),
  [Buffer.from('1.5')],
];

test('replies and pushes are read in one piece', () => {
  expect(new Resp3Parser().add(BYTES)).toEqual(EXPECTED);
});

test('and if the bytes arrive in any two pieces', () => {
  for (let at = 1; at < BYTES.length; at++) {
    const parser = new Resp3Parser();
    expect([...parser.add(BYTES.subarray(0, at)), ...parser.add(BYTES.subarray(at))]).toEqual(EXPECTED);
  }
});

test('other protocols are refused', () => {
  expect(() => new Resp3Parser().add(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow(
    'the reply "HTTP/1.1 400 Bad Request" is not RESP3',
  );
});
