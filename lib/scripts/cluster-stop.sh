#!/bin/sh
# preStop: a master hands its slots to one of its replicas, so that a planned stop loses no acknowledged write. CLUSTER FAILOVER holds
# writes until the replica has all of them; if it fails, the master goes on. Always exits with 0: without a replica, the node just stops.
set -u
files=/etc/redis-shard
. $files/addresses.sh
. $files/password.sh
cd /data || exit 0
trap : HUP INT TERM

say() { echo "$POD_NAME: $*"; }
# One command: cli HOST PORT COMMAND..., or own_cli COMMAND... on this node: by the port that the other nodes use, since a node with two
# ports names those of the kind by which it is asked.
# shellcheck disable=SC2086
cli() { host=$1 port=$2 && shift 2 && timeout 3 redis-cli $tls --user migrator -h "$host" -p "$port" "$@" 2>&1 </dev/null | tr -d '\r'; }
own=$(sed -n "$((${POD_NAME##*-} + 1))p" $files/nodes)
# shellcheck disable=SC2086
own_cli() { timeout 3 redis-cli ${tls:+--tls --insecure} --user migrator -h 127.0.0.1 -p "${own##*:}" "$@" 2>&1 </dev/null | tr -d '\r'; }
is_master() { own_cli CLUSTER NODES | awk '$3 ~ /myself,master/ && NF > 8 { found = 1 } END { exit !found }'; }
# The addresses of its replicas that have not failed, one per line as "HOST PORT".
replicas() {
  own_cli CLUSTER NODES | awk '
    $3 ~ /myself/ { self = $1 }
    { sub(/@.*/, "", $2); at = match($2, /:[0-9]+$/); flags[NR] = $3; master[NR] = $4; where[NR] = substr($2, 1, at - 1) " " substr($2, at + 1) }
    END { for (n = 1; n <= NR; n++) if (master[n] == self && flags[n] !~ /fail|handshake|noaddr/) print where[n] }'
}

# Succeeds when this node is no master any more.
hand_over() {
  tried=$((tried + 1))
  [ "$(cli "$1" "$2" CLUSTER FAILOVER)" = OK ] || return 1
  # A manual failover ends after five seconds.
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    is_master || { say "handed over to $1:$2" && return 0; }
    sleep 0.2
  done
  return 1
}

# A replica that synchronizes is worth waiting for; one that does not answer may never come back.
reason='the node does not answer' reported='' tried=0
contact=$(seconds)
end=$((contact + ${HAND_OVER_SECONDS:-60}))
while is_master; do
  found=$(replicas)
  reason='no replica answers'
  while read -r host port; do
    [ -n "$port" ] || continue
    case $(cli "$host" "$port" INFO replication) in
      *master_link_status:up*) reason='the cluster does not confirm the failover' && hand_over "$host" "$port" && exit 0 ;;
      *role:slave*) reason='the replica is not in sync' && contact=$(seconds) ;;
    esac
  done <<EOF
$found
EOF
  [ "$reason" = "$reported" ] || say "waiting: $reason"
  reported=$reason
  time=$(seconds)
  if [ "$tried" -ge 3 ] || [ "$time" -ge "$end" ] || [ "$time" -ge $((contact + ${CONTACT_SECONDS:-60})) ]; then
    say "stopping without a hand-over: $reason" && exit 0
  fi
  sleep 1
done
exit 0
