#!/bin/sh
# Makes a replica eligible as master (replica-priority 100) only once it has what its master had: a link that is up is not in
# sync yet, and start.sh starts every server with 0. Runs beside the server, and ends with it. One redis-cli looks each second:
# nothing forks, except to change the priority. Longer than 40 lines: half of them read INFO without a fork.
set -u
umask 077
files=/etc/redis-shard
. $files/addresses.sh
. $files/password.sh
shard=${POD_NAME##*-} cr=$(printf '\r') server=${1:-$PPID} priority=0 was='' goal='' round=0 foreign=''
# shellcheck disable=SC2046
set -- $(servers_of "$shard")
if [ "$SHARD_SERVER" = a ]; then own=$1 partner=$2; else own=$2 partner=$1; fi

set_priority() {
  [ "$priority" = "$1" ] && return
  # shellcheck disable=SC2086
  timeout 2 redis-cli $own_tls -h 127.0.0.1 -p "$REDIS_PORT" CONFIG SET replica-priority "$1" >/dev/null 2>&1 && priority=$1
}

# Asks the partner, and no other server: an old one of a migration may have TLS where this pod connects without, and gets no password.
ask() {
  at=$(locate "$partner") || return
  if [ "$(echo "$host $port" | used "$shard")" != "$at" ]; then
    foreign="$host $port"
    return
  fi
  # shellcheck disable=SC2086
  goal=$(timeout 2 redis-cli $tls -h "$host" -p "${at#* }" INFO replication 2>/dev/null | tr -d '\r' | sed -n 's/^master_repl_offset://p')
}

look() { # at the end of a reply
  kill -0 "$server" 2>/dev/null || exit 0 # a server that was started since has a script of its own
  case $role in
    master)
      # Eligible until the Sentinels know the new master: Sentinel confirms a promotion only of an eligible replica. Then 0, so
      # that it is not eligible when it is demoted.
      was=master goal='' round=$((round + 1))
      [ "$priority" = 0 ] || [ $((round % 5)) -ne 0 ] || case $(elected "$shard") in *" ${own##*:}") set_priority 0 ;; esac
      ;;
    slave)
      [ "$was" != master ] || set_priority 0
      was=slave
      # A full synchronization replaces the data. A link that only breaks changes nothing: then it may have to be promoted.
      if [ "$syncing" = 1 ]; then
        goal=''
        set_priority 0
      elif [ "$link" != up ]; then
        goal=''
      elif [ "$priority" != 100 ] && [ -z "$goal" ] && [ "$host $port" != "$foreign" ]; then
        ask
      elif [ "$priority" != 100 ] && [ "$offset" -ge "$goal" ]; then
        set_priority 100 && echo "$POD_NAME: in sync with $host $port, and eligible as master"
      fi
      ;;
  esac
}

rm -f .replication && mkfifo .replication || exit 1
while kill -0 "$server" 2>/dev/null; do
  # A pipe would be simpler, but its loop would forget what it knows when Sentinel closes the connection.
  . $files/password.sh
  # shellcheck disable=SC2086
  redis-cli $own_tls -h 127.0.0.1 -p "$REDIS_PORT" -r -1 -i 1 INFO replication >.replication 2>/dev/null &
  client=$!
  role='' syncing='' link='' host='' port='' offset=0
  while IFS= read -r line; do
    line=${line%"$cr"} value=${line#*:}
    case $line in
      role:*) role=$value ;;
      master_host:*) host=$value ;;
      master_port:*) port=$value ;;
      master_link_status:*) link=$value ;;
      master_sync_in_progress:*) syncing=$value ;;
      slave_repl_offset:*) offset=$value ;;
      slave_priority:*) priority=$value ;;
      master_repl_offset:*) look ;;
      NOAUTH*) kill "$client" ;; # it connected again, after a change of the password
    esac
  done <.replication
  wait
  sleep 1
done
