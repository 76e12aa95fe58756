#!/bin/sh
# Delays a proxy while a shard is a replica: only proxies with a bridge know where the data of such a shard is. Waits a minute
# for unavailable shards; after that, the proxy starts as long as at least one shard serves.
set -eu
. /etc/nutcracker/query.sh

query_all() { # eight at a time: the container has little memory
  n=0
  while read -r address secret; do
    query "$address" "$secret" &
    n=$((n + 1))
    [ $((n % 8)) -ne 0 ] || wait
  done </etc/nutcracker/shards
  wait
}

end=$(($(date +%s) + 60)) reported=
while :; do
  states=$(query_all | sort)
  replicas=$(printf '%s\n' "$states" | sed -n 's/^replica/ /p')
  unavailable=$(printf '%s\n' "$states" | sed -n 's/^unavailable/ /p')
  if [ -z "$replicas" ]; then
    [ -n "$unavailable" ] || exit 0
    case $states in
      *'serves '*) [ "$(date +%s)" -lt "$end" ] || break ;;
    esac
  fi
  if [ "$replicas/$unavailable" != "$reported" ]; then
    reported=$replicas/$unavailable
    [ -z "$replicas" ] || printf 'waiting for these replicas to become masters; if their cutover is still to come, apply the phase MOVING again:\n%s\n' "$replicas"
    [ -z "$unavailable" ] || printf 'waiting for these unavailable shards:\n%s\n' "$unavailable"
  fi
  sleep 1
done
printf 'starting without these unavailable shards:\n%s\n' "$unavailable"
