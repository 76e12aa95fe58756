#!/bin/sh
# Checks the shard's reply to PING; redis-cli exits with 0 even on errors.
#   alive: it replies, even with an error. A restart would not fix LOADING, MASTERDOWN, MISCONF, BUSY, NOAUTH, or too many
#          clients, which redis-cli reports as "AUTH failed" or "Server closed the connection".
#   ready: its data is loaded. A full disk or a long script keeps it reachable, and so does a missing master, except in a fleet
#          with replicas: a replica that is not in sync could not replace its master, so it does not count for evictions and
#          rollouts. (Port 1 is no master: the shard waits for a migration.)
#   loaded: waits up to 40 seconds until it is ready, over one connection: cheap on a node where many shards load.
set -eu
. /etc/redis-shard/password.sh
ping() { redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "$@" ping 2>&1; }
if [ "$1" = loaded ]; then
  end=$(($(date +%s) + 30))
  until ping -r 40 -i 0.25 | grep -qE '^(PONG|MASTERDOWN|MISCONF|BUSY)'; do
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 0.25
  done
fi
reply=$(ping) || true
case $1:$reply in
  ready:MASTERDOWN*)
    if [ -e /etc/redis-shard/sentinels ] && ! redis-cli -h 127.0.0.1 -p "$REDIS_PORT" info replication | grep -q '^master_port:1.$'; then
      echo "not ready: $reply"
      exit 1
    fi
    ;;
esac
case $1:$reply in
  *:'' | *:'Could not connect'*) ;;
  alive:* | *:PONG | *:MASTERDOWN* | *:MISCONF* | *:BUSY*) exit 0 ;;
esac
echo "not $1: ${reply:-no reply}"
exit 1
