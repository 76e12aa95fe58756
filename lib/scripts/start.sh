#!/bin/sh
# Starts a shard: locks its data directory, restores its role, and executes redis-server.
set -eu
umask 077
die() { echo "$POD_NAME: $*" >&2; exit 1; }
cd /data
. /etc/redis-shard/password.sh

# Redis does not lock its data directory. The server and its forks inherit this lock as file descriptor 9.
exec 9>>.lock
for try in 1 2 3 4 last; do
  flock -n 9 && break
  [ "$try" != last ] || die 'another server is using the data directory'
  sleep 1
done

# CONFIG REWRITE stores the role in this file; only the role and the epoch of the ring are restored. Without the file, the shard is new. The marker line
# is below the role, so that a truncated file is not mistaken for the file of a master.
# The role includes whether the server that it names is followed by TLS: who sets the one sets the other. CONFIG REWRITE writes that line only
# if it is there already, so it always is.
by_tls=$(grep '^tls-replication ' /etc/redis-shard/redis.conf) || by_tls=
end='# Written by start.sh. Redis keeps the role here; all else comes from the ConfigMap at every start.'
if [ ! -e redis.conf ]; then
  role=$(cat /etc/redis-shard/initial-role.conf)
elif grep -qxF "$end" redis.conf; then
  role=$(grep -iE '^[[:space:]]*"?(replicaof|slaveof)"?[[:space:]]' redis.conf || true)
  case $role in '' | *' 127.0.0.1 1') ;; *) by_tls=$(grep '^tls-replication ' redis.conf || echo "$by_tls") ;; esac
else
  die 'the role in redis.conf is unreadable; see node_modules/cdk8s-twemproxy/docs/operations.md#an-unreadable-role'
fi
[ -z "$by_tls" ] || role="$role
$by_tls"

if [ -e /etc/redis-shard/sentinels ]; then
  # This shell waits in the foreground, so that it ends at once on a signal, also as the first process of a container.
  trap 'kill "$!"; exit 143' TERM INT
  sh /etc/redis-shard/role.sh "$role" $$ >.role 9>&- &
  wait "$!" || die 'cannot determine the role; is the volume full?'
  trap - TERM INT
  role=$(cat .role)
  sh /etc/redis-shard/priority.sh $$ 9>&- &
fi

own=/etc/redis-shard/shard-${POD_NAME##*-}.conf
# Prints hexadecimal escapes, which work for any byte.
escaped() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../\\x&/g'; }
password=
if [ -n "${REDISCLI_AUTH+set}" ]; then
  password=$(escaped "$REDISCLI_AUTH")
  [ -n "$password" ] || die 'the password in the Secret is empty'
fi
# The user for replication from an old server, if it is not the default user.
old_user=$(escaped "${OLD_USER-}")
old_password=$(escaped "${OLD_PASSWORD-}")
[ -z "$old_user" ] || [ -n "$old_password" ] || die "the password of $OLD_USER in the Secret is empty"
# Prints a password as an ACL has it.
proof_of() { printf %s "$1" | sha256sum | sed 's/\([^ ]*\).*/#\1/'; }
proof=nopass
if [ -n "$password" ]; then
  proof=$(proof_of "$REDISCLI_AUTH")
  [ -z "$second_password" ] || proof="$proof $(proof_of "$second_password")"
fi
users=/etc/redis-shard/users.acl
. /etc/redis-shard/epoch.sh
if [ -e "$users" ]; then
  {
    sed "s/PASSWORD/$proof/" "$users" | with_epoch
    if [ -n "$old_user" ] && [ -e /etc/redis-shard/sentinels ]; then
      # The partner follows this server as the same user as the old one.
      printf 'user %s on %s +psync +replconf +ping\n' "$OLD_USER" "$(proof_of "$OLD_PASSWORD")"
    fi
  } >users.acl.new && sync users.acl.new && mv users.acl.new users.acl || die 'cannot write users.acl; is the volume full?'
fi
{
  printf 'include %s\n' /etc/redis-shard/redis.conf
  [ ! -e "$own" ] || printf 'include %s\n' "$own"
  [ -z "$password" ] || printf 'requirepass "%s"\nmasterauth "%s"\n' "$password" "$password"
  # Two passwords need an ACL, and so do two rings.
  if [ ! -e "$users" ] && { [ -n "$second_password" ] || has_epoch; }; then
    printf 'user default on %s ~* &* +@all\n' "$proof" | with_epoch
  fi
  [ -z "$old_user" ] || printf 'masteruser "%s"\nmasterauth "%s"\n' "$old_user" "$old_password"
  printf '%s\n' "$role" "$end"
} >redis.conf.new && sync redis.conf.new && mv redis.conf.new redis.conf || die 'cannot write redis.conf; is the volume full?'
[ -e "$users" ] || rm -f users.acl # its epoch is in redis.conf now
sh /etc/redis-shard/stale-dump.sh
exec redis-server /data/redis.conf
