// The reply of a server that accepts a connection and then refuses it, and the remedy.

export interface Refusal {
  /** The server's message, or a description if it sent none. */
  readonly reason: string;
  readonly remedy: string;
  /** Whether it lasts until an operator changes something. */
  readonly isPermanent: boolean;
  /** Whether it is about the certificate of the server or of this program. */
  readonly isAboutCertificate?: boolean;
}

/** Reads the first bytes of a connection; undefined if they are a normal reply of Redis. */
export function refusalIn(bytes: Buffer): Refusal | undefined {
  if (bytes.length === 0) return CLOSED;
  const [line] = bytes.toString('latin1').split('\r\n', 1);
  if (line.startsWith('-')) return errorIn(line.slice(1));
  if (isTlsAlert(bytes)) return { reason: 'it replies with a TLS alert', remedy: PLAIN_PORT, isPermanent: true };
  if (/^[+:$*%_,#~>(=!]/.test(line)) return undefined;
  const reason = `it replies ${JSON.stringify(line.slice(0, MAX_QUOTED))}, which is not the Redis protocol`;
  return { reason, remedy: 'correct the address of the Redis server in the plan', isPermanent: true };
}

const MAX_QUOTED = 40;

const PLAIN_PORT =
  'this program connects to it without TLS: use its plain port, or TLS (--tls-ca; oldTls of the migration for old servers, tls for shards)';

const CLOSED: Refusal = {
  reason: 'it closed the connection without a reply',
  remedy: `if that is a TLS port, ${PLAIN_PORT}; otherwise check its log, and any proxy or firewall in between`,
  // A server that is starting or stopping does this as well.
  isPermanent: false,
};

/** A TLS record: an alert or a handshake. */
function isTlsAlert(bytes: Buffer): boolean {
  return (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03;
}

/** Errors that a server sends before any command; others are results of a command. */
function errorIn(line: string): Refusal | undefined {
  if (line.startsWith('DENIED ')) {
    const remedy =
      'set a password on that server (requirepass), or turn off its protected mode (CONFIG SET protected-mode no)';
    return { reason: firstSentence(line), remedy, isPermanent: true };
  }
  if (line.startsWith('ERR max number of clients')) {
    const remedy = 'raise maxclients there (CONFIG SET maxclients), or close idle clients (CLIENT LIST, timeout)';
    return { reason: line, remedy, isPermanent: false };
  }
  return undefined;
}

/** The message of protected mode is a page long. */
function firstSentence(text: string): string {
  return text.split(/\.\s/, 1)[0];
}
