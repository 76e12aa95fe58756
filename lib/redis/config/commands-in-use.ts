// The commands that a shard must know by their own names, whatever the old servers call them.

const SENDERS = {
  'the probes and the bridge': 'auth info ping quit',
  'its replication': 'auth ping psync replconf select sync',
  // What a master passes on in the place of other commands: expired keys, scripts, relative times.
  'its master': 'del exec hdel hpexpireat multi persist pexpireat publish select set srem unlink xclaim xgroup xsetid',
  'the migrator':
    'acl auth client command config dump exec exists getrange hscan info lrange module multi pttl pubsub randomkey ' +
    'replicaof role scan select slaveof sscan subscribe time type unsubscribe watch xinfo xpending xrange zrange',
};

const IN_USE = new Map(
  Object.entries(SENDERS)
    .reverse()
    .flatMap(([sender, commands]) => commands.split(' ').map((command) => [command, sender] as const)),
);

/** Who sends the command to a shard under its own name; nothing where nobody does. */
export function senderOf(command: string): string | undefined {
  return IN_USE.get(command.toLowerCase());
}
