#!/bin/sh
# Runs the Redis server of an import, again for each shard: the program writes the directory with its redis.conf to `start`. A new
# one replaces the server that runs. Ends when the program writes `end`, or has stood still for two minutes.
# scratch.sh DIRECTORY
set -u
cd "$1" || exit 1
server='' run='' waited=0

# Its data is a copy.
stop() {
  [ -n "$server" ] || return 0
  kill -KILL "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  server=''
}
trap 'stop; exit 143' TERM INT

while [ ! -e end ]; do
  if [ ! -e alive ]; then
    # The program may wait for its image.
    [ "$waited" -lt 3000 ] || { echo 'the program has not started for ten minutes' >&2; exit 1; }
    waited=$((waited + 1))
  elif [ -z "$(find alive -mmin -2)" ]; then
    stop
    echo 'the program has stood still for two minutes' >&2
    exit 1
  fi
  if [ -e start ]; then
    stop
    run=$(cat start)
    rm start
    redis-server "$run/redis.conf" >"$run/log" 2>&1 &
    server=$!
  elif [ -n "$server" ] && ! kill -0 "$server" 2>/dev/null; then
    wait "$server"
    echo "$?" >"$run/exit.tmp" && mv "$run/exit.tmp" "$run/exit"
    server=''
  fi
  sleep 0.2
done
stop
