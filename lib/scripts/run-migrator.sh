#!/bin/sh
# Runs the migrator, and starts it again at once where it dies: nobody serves a shard whose cutover is interrupted.
# run-migrator.sh TRIES PROGRAM [ARGUMENT...]; ends with the exit code of the last try.
set -u
tries=$1
shift
child='' stopped='' signalled=''

stop() {
  stopped=yes signalled=yes
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT

# A signal ends `wait` before the program has ended: then it is waited for again.
finished() {
  signalled=''
  wait "$child"
  code=$?
  while [ -n "$signalled" ]; do
    signalled=''
    wait "$child"
    again=$?
    [ "$again" -eq 127 ] || code=$again
  done
}

try=1
while :; do
  "$@" &
  child=$!
  [ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
  finished
  # Done, used wrongly, or refused: no repetition changes that.
  case $code in 0 | 2 | 3) exit "$code" ;; esac
  [ -z "$stopped" ] && [ "$try" -lt "$tries" ] || exit "$code"
  try=$((try + 1))
  echo "the migrator ended with code $code; it is started again (try $try of $tries)"
  # What died is started again at once; what ended by itself said that it needs some time.
  [ "$code" -gt 128 ] || { sleep 1 & child=$!; finished; }
done
