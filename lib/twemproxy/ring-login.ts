// What HAProxy needs for a second ring: rules by which nutcracker logs in as the user of its ring, and a check of whether a ring serves.

/**
 * The rules of a listener between nutcracker and a shard, beside `lua-load login.lua`. A connection is closed unless it has logged in as
 * the user of its ring: nutcracker ignores an error of its AUTH, and would keep a connection that it opened before the server had the
 * user. Without the second rule, a nutcracker that stalls between connecting and AUTH for longer than the delay would be the default user.
 */
export const LOGIN_RULES = [
  'tcp-request inspect-delay 5s',
  'tcp-request content lua.login if { req.len ge 4 }',
  'tcp-request content reject unless { var(txn.login) -m bool }',
  'tcp-response inspect-delay 5s',
  'tcp-response content reject unless { res.payload(0,5) -m str "+OK\\r\\n" }',
];

/** After the login: the question, and the reply of a server that the user may use. */
export const RING_QUESTION = [
  'tcp-check send "EXISTS cdk8s-twemproxy\\r\\nQUIT\\r\\n"',
  'tcp-check expect rstring "^[+]OK\\r\\n:"',
];

/**
 * A check that succeeds if a user may use keys, which means that its ring serves. It asks for a key that nobody has. The server closes
 * after QUIT: HAProxy would otherwise wait until `timeout check` for a reply that matches.
 *
 * @param login the line that sends AUTH
 * @param tls whether the servers have TLS: a connection of the check itself would be without
 */
export function ringCheck(login: string, tls = false): string[] {
  return ['option tcp-check', ...(tls ? [] : ['tcp-check connect']), login, ...RING_QUESTION];
}
