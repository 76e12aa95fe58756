#!/bin/sh
# Starts a node of a Redis Cluster: locks its data directory, announces the address of its Service, and executes redis-server.
set -eu
umask 077
files=/etc/redis-shard
die() { echo "$POD_NAME: $*" >&2; exit 1; }
cd /data
. $files/password.sh
. $files/addresses.sh
[ -n "${REDISCLI_AUTH-}" ] || die 'the password in the Secret is empty'

# Redis does not lock its data directory. The server and its forks inherit this lock as file descriptor 9.
exec 9>>.lock
for try in 1 2 3 4 last; do
  flock -n 9 && break
  [ "$try" != last ] || die 'another server is using the data directory'
  sleep 1
done

# Nodes find each other by IP: that of the Service of a node outlives those of its pods.
own=$(sed -n "$((${POD_NAME##*-} + 1))p" $files/nodes)
[ -n "$own" ] || die "its address is not in $files/nodes"
name_of() { name=${1%:*} && printf '%s\n' "${name%.}"; }
trap 'exit 143' TERM INT
until ip=$(locate "$own"); do
  echo "$POD_NAME: waiting: the name in $own has no IP" >&2
  sleep 1
done
ip=${ip% *}

# Nodes know each other by one port, all by TLS or all without it.
known=$(awk '$3 ~ /myself/ { sub(/@.*/, "", $2); sub(/.*:/, "", $2); port = $2 } /^[0-9a-f]+ / { count++ } END { if (count > 1) print port }' nodes.conf 2>/dev/null) || known=
[ -z "$known" ] || [ "$known" = "${own##*:}" ] ||
  die "its cluster has the port $known, and this version of the charts ${own##*:}: ports and tls cannot change; set them to what they were, and apply that"

# If the Services were created again, the IPs of all nodes have changed at once, and none would find another one.
if [ -s nodes.conf ]; then
  while read -r node; do
    { found=$(locate "$node") && echo "$(name_of "$node") ${found% *}"; } 9>&- &
  done <$files/nodes >.nodes-now
  wait
  awk 'FILENAME == ".nodes-now" { ip[$1] = $2; next }
    { n = split($2, part, ","); at = match(part[1], /:[0-9]+@[0-9]+$/) }
    n > 1 && at && part[2] in ip { $2 = ip[part[2]] substr(part[1], at) substr($2, length(part[1]) + 1) }
    { print }' .nodes-now nodes.conf >nodes.conf.new || die 'cannot write nodes.conf; is the volume full?'
  # A node without this file would be a new one.
  [ "$(grep -c '' nodes.conf)" = "$(grep -c '' nodes.conf.new)" ] || die 'cannot write nodes.conf; is the volume full?'
  cmp -s nodes.conf nodes.conf.new || { sync nodes.conf.new && mv nodes.conf.new nodes.conf; } || die 'cannot write nodes.conf; is the volume full?'
fi

# Users are not replicated. As long as a node knows no other one, it takes from the cluster whether clients may use it, or else it starts as a
# new one (epoch.sh).
if [ ! -e nodes.conf ] || [ "$(grep -cE '^[0-9a-f]{40} ' nodes.conf)" -le 1 ]; then
  [ ! -e $files/initial-users ] || cat $files/initial-users >.users-of-master
  while read -r node; do
    [ "$node" != "$own" ] && where=$(locate "$node") || continue
    # shellcheck disable=SC2086
    ask() { timeout 2 redis-cli $tls --user migrator -h "${where% *}" -p "${where#* }" "$@" 2>/dev/null </dev/null 9>&-; }
    ask CLUSTER INFO | grep '^cluster_slots_assigned:16384' >/dev/null || continue
    ask ACL LIST >.users-of-node || continue
    grep -q '^user default ' .users-of-node && mv .users-of-node .users-of-master && break
  done <$files/nodes
fi

password=$(escaped "$REDISCLI_AUTH")
proof=$(printf %s "$REDISCLI_AUTH" | sha256sum | sed 's/\([^ ]*\).*/#\1/')
. $files/epoch.sh
sed "s/PASSWORD/$proof/" $files/users.acl | with_epoch >users.acl.new && sync users.acl.new && mv users.acl.new users.acl ||
  die 'cannot write users.acl; is the volume full?'
{
  printf 'include %s\n' $files/redis.conf
  printf 'requirepass "%s"\nmasterauth "%s"\n' "$password" "$password"
  printf 'cluster-announce-ip %s\n' "$ip"
  case $own in *[!0-9.:]*) printf 'cluster-announce-hostname %s\n' "$(name_of "$own")" ;; esac
} >redis.conf.new && sync redis.conf.new && mv redis.conf.new redis.conf || die 'cannot write redis.conf; is the volume full?'
sh $files/stale-dump.sh
trap - TERM INT
[ ! -e $files/renew-tls.sh ] || sh $files/renew-tls.sh $$ 9>&- &
exec redis-server /data/redis.conf
