#!/bin/sh
# Checks the shard's reply to PING; redis-cli exits with 0 even on errors.
#   alive: it replies, even with an error. A restart would not fix LOADING, MASTERDOWN, MISCONF, BUSY, NOAUTH, or too many
#          clients, which redis-cli reports as "AUTH failed" or "Server closed the connection".
#   ready: its data is loaded. A replica without its master, a full disk or a long script stays reachable.
#   loaded: waits up to 40 seconds until it is ready, over one connection: cheap on a node where many shards load.
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
reply=$(ping) || true
case $1:$reply in
  *:'' | *:'Could not connect'*) ;;
  alive:* | ready:PONG | ready:MASTERDOWN* | ready:MISCONF* | ready:BUSY*) exit 0 ;;
esac
echo "not $1: ${reply:-no reply}"
exit 1
