#!/bin/sh
# Runs a program of Jobs, and restarts it at once if it is killed: during an interrupted cutover or switchover a shard has no master.
# run-migrator.sh TRIES PROGRAM [ARGUMENT...]; exits with the exit code of the last try.
set -u
tries=$1
shift
child='' stopped='' signalled=''

stop() {
  stopped=yes signalled=yes
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT

# A signal interrupts `wait` before the program exits; wait again.
finished() {
  signalled=''
  wait "$child"
  code=$?
  while [ -n "$signalled" ]; do
    signalled=''
    wait "$child"
    next=$?
    [ "$next" -eq 127 ] || code=$next
  done
}

try=1
while :; do
  "$@" &
  child=$!
  [ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
  finished
  # Done, wrong usage, or refused: a retry would not change that.
  case $code in 0 | 2 | 3) exit "$code" ;; esac
  [ -z "$stopped" ] && [ "$try" -lt "$tries" ] || exit "$code"
  try=$((try + 1))
  echo "the program exited with code $code; restarting it (try $try of $tries)"
  # Restart at once after a signal; after a regular exit, wait first.
  [ "$code" -gt 128 ] || { sleep 1 & child=$!; finished; }
done
