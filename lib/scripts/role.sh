#!/bin/sh
# role.sh ROLE: prints the lines of the configuration with which a server starts that has a partner. ROLE is the role on disk, and if that is to
# follow a server, whether by TLS.
# Sentinel decides who is master, so a server that was down asks first, and waits, not listening, while nobody can know.
# An operator ends the wait with a file `start-anyway` in the data directory.
# Longer than 40 lines: all cases of one decision, each with the reason that the log shows.
set -eu
files=/etc/redis-shard
. $files/addresses.sh
. $files/password.sh
shard=${POD_NAME##*-} role=$1 parent=${2:-$PPID} is_new=
[ -e redis.conf ] || is_new=yes
# shellcheck disable=SC2046
set -- $(servers_of "$shard")
[ $# -ge 2 ] || { echo "$POD_NAME: no two servers in $files/servers" >&2 && exit 1; }
if [ "$SHARD_SERVER" = a ]; then own=$1 partner=$2 other=${3-}; else own=$2 partner=$1 other=${4-}; fi
own_port=${own##*:} named=''

# There is nothing that Redis could load. (Without snapshots, dump.rdb is old; see stale-dump.sh.)
is_empty() {
  old='*.stale'
  [ ! -e .no-snapshots ] || [ "$(cat $files/snapshots)" = yes ] || old=dump.rdb
  [ -z "$(find . -type f -size +0 ! -name '.*' ! -name 'redis.conf*' ! -name 'users.acl*' ! -name '*.stale' ! -name "$old" ! -name 'temp-*')" ]
}

# What the partner is: "none" without a reply, "master", "empty", or "data" if it has, loads, or may have keys.
partner_is() {
  where=$(locate "$partner") || { echo none && return; }
  # shellcheck disable=SC2086
  info=$(timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" INFO 2>/dev/null) || true
  case $info in
    '') echo none ;;
    *role:master*) echo master ;;
    *loading:1* | *db[0-9]*:keys=*) echo data ;;
    *role:slave*) echo empty ;;
    *) echo data ;;
  esac
}

# What the Sentinels know of the shard.
of_master() {
  while read -r sentinel; do
    where=$(locate "$sentinel") || continue
    # shellcheck disable=SC2086
    timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" SENTINEL MASTER "shard-$shard" </dev/null 2>/dev/null
  done <$files/sentinels
}

# Whether a Sentinel is replacing the master. It would also replace one that has come back.
fails_over() { case $(of_master) in *failover_in_progress*) ;; *) return 1 ;; esac }

# Whether no Sentinel can replace the master: none knows a replica, as two of them say. They forget those while TLS is turned on or off.
knows_no_replica() { of_master | awk 'name == "num-slaves" { if ($0 == 0) n++; else known = 1 } { name = $0 } END { exit known || n < 2 }'; }

follows_this() {
  # shellcheck disable=SC2086
  timeout 2 redis-cli $tls -h "${1% *}" -p "${1#* }" INFO replication 2>/dev/null | tr -d '\r' | grep -qxE "master_port:($own_port|${other##*:})"
}

# Prints the lines for a role. Sentinel makes a replica follow the port by which it names the master, so this port decides whether the server
# replicates by TLS; without a plain port, there is no choice.
replication() { # ROLE
  port=$own_port by_tls=${PEER_TLS-no} role_line=$1
  if [ "$named" != "$master" ] && [ -z "${REDIS_TLS-}" ]; then
    # shellcheck disable=SC2046
    set -- $(servers_of "$shard")
    port=${other##*:}
    case $by_tls in yes) by_tls=no ;; *) by_tls=yes ;; esac
    role_line=$(printf '%s\n' "$role_line" | sed "s/ ${1##*:}\$/ ${3##*:}/; s/ ${2##*:}\$/ ${4##*:}/")
  fi
  printf '%s\nreplica-announce-ip %s\nreplica-announce-port %s\nreplica-priority 0\n' "$role_line" "${ip% *}" "$port"
  [ "$role_line" != "$role" ] || by_tls=${kept_tls:-$by_tls}
  [ -z "$other" ] || echo "tls-replication $by_tls"
}

# Users are not replicated: a new server takes from the master that it follows which ring may use the shard (epoch.sh).
take_users() { # IP PORT
  [ -n "${REDISCLI_AUTH-}" ] && [ "$2" != 1 ] || return 0
  # shellcheck disable=SC2086
  timeout 2 redis-cli $tls --user migrator -h "$1" -p "$2" ACL LIST >.users-of-master 2>/dev/null </dev/null || true
  grep -q '^user default ' .users-of-master && return
  rm -f .users-of-master
  return 1
}

# Returns only if it cannot start yet.
start_as() {
  case $is_new$1 in
    # shellcheck disable=SC2086
    yesreplicaof*) [ -e start-anyway ] || take_users ${1#replicaof } || { reason="${1#replicaof } does not say which ring may use the shard" && return; } ;;
  esac
  echo "$POD_NAME: starting as ${1:-a master}" >&2
  replication "$1"
  rm -f start-anyway # it is for one start
  exit
}

# Without a comment that says that it is a master.
kept_tls=$(printf '%s\n' "$role" | sed -n 's/^tls-replication //p')
role=$(printf '%s\n' "$role" | grep -iE '^[[:space:]]*"?(replicaof|slaveof)"?[[:space:]]') || role=
rm -f .users-of-master
reason='' reported='' down_since='' pause=1 replacing='the Sentinels may be replacing this master'
# Ends with the shell that started it.
while kill -0 "$parent" 2>/dev/null; do
  if [ -n "$reason" ]; then
    # Longer and longer: each question starts some 20 programs, and many servers of a node may wait.
    if [ "$reason" != "$reported" ]; then
      echo "$POD_NAME: waiting: $reason" >&2
      pause=1
    elif [ "$pause" -lt 5 ] && [ "$reason" != "$replacing" ]; then
      pause=$((pause + 1))
    fi
    reported=$reason
    sleep "$pause"
  fi
  ip=$(locate "$own") || { reason="the name in $own has no IP" && continue; }
  if [ "$SHARD_SERVER$is_new" = byes ]; then
    # Unless Sentinel says otherwise, a new b is a replica of a.
    role=$(locate "$partner") || { reason="the name in $partner has no IP" && continue; }
    role="replicaof $role"
  fi
  # The partner may be known by any of its ports, and is followed as the Sentinels name it. Any other server is an old one of a migration.
  case $role in
    '' | *' 127.0.0.1 1') kept_tls='' ;;
    *)
      at=$(locate "$partner") || { reason="the name in $partner has no IP" && continue; }
      [ "$(printf '%s\n' "${role#* }" | used "$shard")" != "$at" ] || role="replicaof $at" kept_tls=''
      ;;
  esac
  named=$(named "$shard")
  master=$(printf '%s' "$named" | used "$shard")
  now=$(seconds)
  case $master in
    *" $own_port") : "${down_since:=$now}" ;;
    *) down_since='' ;;
  esac
  case $master in
    '')
      reason="fewer than two Sentinels agree on the master$(refusals)"
      [ ! -e start-anyway ] || start_as "$role"
      ;;
    nil)
      [ -z "$role" ] || { start_as "$role" && continue; }
      state=$(partner_is)
      # The partner was promoted, and the Sentinels have lost their state.
      [ "$state" != master ] || { start_as "replicaof $(locate "$partner")" && continue; }
      [ "$state" = data ] && is_empty && [ ! -e start-anyway ] || start_as ''
      reason='the partner may have the data that this server lacks'
      ;;
    *" $own_port")
      # As long as a master is down, the Sentinels may replace it; one that is back at once is not down for them while it loads.
      if [ $((now - down_since)) -lt "${DOWN_SECONDS:-6}" ] || fails_over; then
        reason=$replacing
        continue
      fi
      [ ! -e start-anyway ] || start_as ''
      state=$(partner_is)
      if [ -n "$role" ]; then
        reason='two Sentinels say that this server is the master, but it was a replica'
        # It has handed over to a master that the Sentinels cannot find; monitor.sh tells them once this server follows it.
        [ "$state" != master ] || [ "$role" != "replicaof $(locate "$partner")" ] || ! knows_no_replica || start_as "$role"
      elif [ "$state" = master ]; then
        reason='two Sentinels say that this server is the master, but the partner is one'
      elif is_empty && [ "$state" != empty ]; then
        # As an empty master, it would wipe the partner.
        reason='two Sentinels say that this server is the master, but it has no data, and the partner may have it'
      else
        start_as ''
      fi
      ;;
    *" ${partner##*:}")
      # An interrupted hand-over: that master follows this server, which was promoted, so both would wait for each other.
      if ! is_empty && follows_this "$master"; then start_as ''; fi
      start_as "replicaof $master"
      ;;
    *)
      reason="two Sentinels name the master by a port that this server does not know, $master; apply the phase of TLS that was skipped, or the former one"
      [ ! -e start-anyway ] || start_as "$role"
      ;;
  esac
done
exit 1
