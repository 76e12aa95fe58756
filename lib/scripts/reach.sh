#!/bin/sh
# Readiness of a proxy: nutcracker accepts clients on this port and reaches at least one shard. An open connection to a shard
# without retransmits is enough, so that the failure of a name server does not make the proxy unready. Without such a
# connection, tries shards in random order: one that drops packets must not hide the others.
set -eu
. /etc/nutcracker/query.sh

# In /proc/net/tcp, state 0A is LISTEN, 01 is ESTABLISHED, and the seventh field counts retransmits.
found=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$1" '
  BEGIN { here = sprintf("%04X", port) }
  NF == 2 { sub(/.*:/, "", $1); shards[sprintf("%04X", $1)]; next }
  { sub(/.*:/, "", $2); sub(/.*:/, "", $3) }
  $4 == "0A" && $2 == here { listens = 1 }
  $4 == "01" && $3 in shards && $2 != here && $7 == "00000000" { reached = 1 }
  END { print listens ? reached ? "a connection" : "no connection" : "no nutcracker" }' /etc/nutcracker/shards -)
case $found in
  'a connection') exit 0 ;;
  'no nutcracker') echo "nutcracker does not listen on port $1" && exit 1 ;;
esac
reached=$(awk 'BEGIN { srand() } { print rand(), $1 }' /etc/nutcracker/shards | sort | while read -r _ address; do
  ! echo quit | send "${address%:*}" "${address##*:}" 1 >/dev/null || { echo "$address" && break; }
done)
[ -n "$reached" ] || { echo 'no shard is reachable' && exit 1; }
