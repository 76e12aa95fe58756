// What a server says that takes a connection and will not speak with us, in its own words, and what to do about it.

export interface Refusal {
  /** The server's words, or what stands for them. */
  readonly words: string;
  readonly remedy: string;
  /** Whether it will go on until a person changes something. */
  readonly isPermanent: boolean;
}

/** The first bytes on a connection that ended; nothing if they are an answer as Redis gives it. */
export function refusalIn(bytes: Buffer): Refusal | undefined {
  if (bytes.length === 0) return CLOSED;
  const [line] = bytes.toString('latin1').split('\r\n', 1);
  if (line.startsWith('-')) return errorIn(line.slice(1));
  if (isTlsAlert(bytes)) return { words: 'it answers with an alert of TLS', remedy: PLAIN_PORT, isPermanent: true };
  if (/^[+:$*%_,#~>(=!]/.test(line)) return undefined;
  const words = `it answers ${JSON.stringify(line.slice(0, MOST_WORDS))}, which is not Redis' protocol`;
  return { words, remedy: 'name the address of the Redis server in the plan', isPermanent: true };
}

const MOST_WORDS = 40;

const PLAIN_PORT =
  'a move speaks plain Redis, as nutcracker does: name its plain port, or open one (port 6379 beside tls-port)';

const CLOSED: Refusal = {
  words: 'it closed the connection without a word',
  remedy: `if that is a TLS port, ${PLAIN_PORT}; else see its log, and what stands between (a proxy, a firewall)`,
  // A server that is starting or stopping does so as well.
  isPermanent: false,
};

/** An alert, or a handshake. */
function isTlsAlert(bytes: Buffer): boolean {
  return (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03;
}

/** Errors that come before a command; others are its answer. */
function errorIn(line: string): Refusal | undefined {
  if (line.startsWith('DENIED ')) {
    const remedy =
      'give that server a password (requirepass), or have it take connections without one (CONFIG SET protected-mode no)';
    return { words: sentence(line), remedy, isPermanent: true };
  }
  if (line.startsWith('ERR max number of clients')) {
    const remedy = 'raise maxclients there (CONFIG SET maxclients), or end idle clients (CLIENT LIST, timeout)';
    return { words: line, remedy, isPermanent: false };
  }
  return undefined;
}

/** What protected mode says is a whole page. */
function sentence(text: string): string {
  return text.split(/\.\s/, 1)[0];
}
