#!/bin/sh
# Judges the shard by its answer to PING; the exit code of redis-cli says nothing of it.
#   alive: it answers, if only with an error. A restart would cure none of LOADING, MASTERDOWN, MISCONF, BUSY, NOAUTH,
#          or too many clients, of which redis-cli says "AUTH failed" or "Server closed the connection".
#   ready: its data is loaded. A replica without its master, a full disk or a long script leave it reachable.
#   loaded: waits for that, up to 40 seconds, over one connection: many shards that load leave a small node its processor.
set -eu
ping() { redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "$@" ping 2>&1; }
if [ "$1" = loaded ]; then
  end=$(($(date +%s) + 30))
  until ping -r 40 -i 0.25 | grep -qE '^(PONG|MASTERDOWN|MISCONF|BUSY)'; do
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 0.25
  done
  set -- ready
fi
answer=$(ping) || true
case $1:$answer in
  *:'' | *:'Could not connect'*) ;;
  alive:* | ready:PONG | ready:MASTERDOWN* | ready:MISCONF* | ready:BUSY*) exit 0 ;;
esac
echo "not $1: ${answer:-no answer}"
exit 1
