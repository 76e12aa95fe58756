#!/bin/sh
# Holds a proxy back while a shard is a replica: only proxies with a bridge know where the data of such a shard is. Shards that
# do not answer have a minute; then one that is down keeps no proxy from starting, as long as another one serves.
set -eu
. /etc/nutcracker/ask.sh

ask_all() { # eight at a time: the container has little memory
  n=0
  while read -r address secret; do
    ask "$address" "$secret" &
    n=$((n + 1))
    [ $((n % 8)) -ne 0 ] || wait
  done </etc/nutcracker/shards
  wait
}

end=$(($(date +%s) + 60)) told=
while :; do
  answers=$(ask_all | sort)
  replicas=$(printf '%s\n' "$answers" | sed -n 's/^replica/ /p')
  silent=$(printf '%s\n' "$answers" | sed -n 's/^silent/ /p')
  if [ -z "$replicas" ]; then
    [ -n "$silent" ] || exit 0
    case $answers in
      *'serves '*) [ "$(date +%s)" -lt "$end" ] || break ;;
    esac
  fi
  if [ "$replicas/$silent" != "$told" ]; then
    told=$replicas/$silent
    [ -z "$replicas" ] || printf 'waiting until these shards are masters; if they are still to be cut over, apply the phase MOVING again:\n%s\n' "$replicas"
    [ -z "$silent" ] || printf 'waiting for an answer of these shards:\n%s\n' "$silent"
  fi
  sleep 1
done
printf 'starting without these shards, which do not answer:\n%s\n' "$silent"
