#!/bin/sh
# Makes the server of process $1 replicate by TLS or without, as the Sentinels do: while TLS is turned on or off, they change from one port of
# each server to the other, and make a replica follow the port by which they name its master. Ends with the server.
set -u
files=/etc/redis-shard
cd /data || exit 1
. $files/addresses.sh
shard=${POD_NAME##*-}
# shellcheck disable=SC2046
set -- "$1" $(servers_of "$shard")
# Without a plain port, or without one with TLS, there is no choice.
[ $# -eq 5 ] && [ -z "${REDIS_TLS-}" ] || exit 0
if [ "$SHARD_SERVER" = a ]; then own=$2 other=$4; else own=$3 other=$5; fi

# Only this user may change roles. Where it has no password, any is right.
own_cli() { REDISCLI_AUTH=${REDISCLI_AUTH-none} timeout 2 redis-cli --user migrator -h 127.0.0.1 -p "$REDIS_PORT" "$@" 2>/dev/null; }

while kill -0 "$1" 2>/dev/null; do
  sleep "${SENTINEL_PORT_SECONDS:-3}"
  . $files/password.sh
  named=$(named "$shard")
  case $named in *' '*) ;; *) continue ;; esac
  by_tls=${PEER_TLS-no} port=${own##*:}
  if [ "$named" != "$(printf '%s' "$named" | used "$shard")" ]; then
    port=${other##*:}
    case $by_tls in yes) by_tls=no ;; *) by_tls=yes ;; esac
  fi
  now=$(own_cli CONFIG GET tls-replication | sed -n 2p)
  if [ -n "$now" ] && [ "$now" != "$by_tls" ]; then
    own_cli CONFIG SET tls-replication "$by_tls" replica-announce-port "$port" >/dev/null
    echo "$POD_NAME: replicates $([ "$by_tls" = yes ] || echo 'without ')TLS now, as the Sentinels do"
  fi
  # Only from the server that they name: a change of the master is not this script's.
  followed=$(own_cli INFO replication | tr -d '\r' | awk -F: '
    $1 == "master_host" { host = substr($0, length($1) + 2) }
    $1 == "master_port" { print host, $2 }')
  [ "$followed" = "$named" ] || [ "${followed% *}" != "${named% *}" ] || own_cli REPLICAOF "${named% *}" "${named#* }" >/dev/null
done
