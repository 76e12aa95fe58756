// Commands that a shard must keep under their original names, even if the old servers renamed them.

const SENDERS = {
  'the probes and the bridge': 'auth info ping quit',
  'its replication': 'auth ping psync replconf select sync',
  // What a master replicates instead of other commands: expired keys, scripts, relative times.
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

/** Who sends the command to a shard under its original name; undefined if no component does. */
export function senderOf(command: string): string | undefined {
  return IN_USE.get(command.toLowerCase());
}
