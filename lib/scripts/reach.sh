#!/bin/sh
# Ready is a proxy that takes clients at this port and reaches a shard, whichever. A connection that nutcracker has says so, as
# long as nothing in it had to be sent again: a name server that is out of order takes no proxy away. Without one, shards are
# tried in any order: one that swallows packets must not hide the others.
set -eu
. /etc/nutcracker/ask.sh

# In /proc/net/tcp, 0A is a socket that listens, 01 a connection, and the seventh word counts what was sent again.
found=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$1" '
  BEGIN { here = sprintf("%04X", port) }
  NF == 2 { sub(/.*:/, "", $1); shards[sprintf("%04X", $1)]; next }
  { sub(/.*:/, "", $2); sub(/.*:/, "", $3) }
  $4 == "0A" && $2 == here { listens = 1 }
  $4 == "01" && $3 in shards && $2 != here && $7 == "00000000" { reached = 1 }
  END { print listens ? reached ? "a connection" : "no connection" : "no nutcracker" }' /etc/nutcracker/shards -)
case $found in
  'a connection') exit 0 ;;
  'no nutcracker') echo "nutcracker does not listen at port $1" && exit 1 ;;
esac
reached=$(awk 'BEGIN { srand() } { print rand(), $1 }' /etc/nutcracker/shards | sort | while read -r _ address; do
  ! echo quit | talk "${address%:*}" "${address##*:}" 1 >/dev/null || { echo "$address" && break; }
done)
[ -n "$reached" ] || { echo 'no shard is reached' && exit 1; }
