#!/bin/sh
# preStop: a master hands its role to its replica, so that a planned stop loses no acknowledged write. Always exits with 0:
# without a hand-over, the server just stops. Longer than 40 lines: the order of the steps is what matters, so they are in one file.
#
# Wherever it dies, no write is lost: the hold of writes ends by itself; after it, both servers have all writes, and none of them
# accepts any until one is promoted. Sentinel promotes the partner, which stays eligible, when its master has been a replica for 23 s.
set -u
umask 077
files=/etc/redis-shard
. $files/addresses.sh
. $files/password.sh
cd /data || exit 0
# Not to be interrupted halfway. A handler, unlike an ignored signal, is not inherited by redis-cli.
trap : HUP INT TERM
trap '' PIPE
# A second one waits for the first one, and then finds nothing to do.
exec 8>>.hand-over.lock && flock 8

shard=${POD_NAME##*-} cr=$(printf '\r') as='' demoted='' stale=no
# shellcheck disable=SC2046
set -- $(servers_of "$shard")
[ $# -ge 2 ] || exit 0
if [ "$SHARD_SERVER" = a ]; then own=$1 partner=$2 other=${4-}; else own=$2 partner=$1 other=${3-}; fi
# Only this user may change roles. Where it has no password, any is right.
[ ! -e $files/users.acl ] || { as='--user migrator' REDISCLI_AUTH=${REDISCLI_AUTH-none} && export REDISCLI_AUTH; }

say() { echo "$POD_NAME: $*"; }
# One command over a connection of its own: cli HOST PORT COMMAND...
# shellcheck disable=SC2086
cli() { host=$1 port=$2 && shift 2 && timeout 2 redis-cli $tls $as -h "$host" -p "$port" "$@" 2>&1; }
# shellcheck disable=SC2086
own_cli() { timeout 2 redis-cli $own_tls $as -h 127.0.0.1 -p "$REDIS_PORT" "$@" 2>&1; }

# own COMMAND..., partner COMMAND...: send these lines over the open connections; $reply is all words of the replies.
own() { printf '%s\n' "$@" 'ECHO .' >&3 2>/dev/null && answer <&4; }
partner() { printf '%s\n' "$@" 'ECHO .' >&5 2>/dev/null && answer <&6; }
answer() {
  reply=' '
  while IFS= read -r line; do
    line=${line%"$cr"}
    case $line in
      .) return ;;
      'Could not connect'* | Error:*) break ;;
    esac
    reply="$reply$line "
  done
  return 1
}
has() { case $reply in *" $1 "*) ;; *) return 1 ;; esac }
# field NAME: sets $value.
field() { value=${reply#*" $1:"} && value=${value%% *} && has "$1:$value"; }
clock() { own TIME && set -- $reply && now=$(($1 * 1000 + $2 / 1000)); }

# The partner has everything up to $offset, within a second.
caught_up() {
  clock || return 1
  latest=$((now + 1000))
  until partner 'INFO replication' && has master_link_status:up && field slave_repl_offset && [ "$value" -ge "$offset" ]; do
    has role:slave && clock && [ "$now" -lt "$latest" ] || return 1
  done
}

# Opens the connections. Nothing forks while writes are held. A server that stalls ends them, so that no read waits for ever.
connect() {
  rm -f .own .own-reply .partner .partner-reply
  mkfifo .own .own-reply .partner .partner-reply || return 1
  # shellcheck disable=SC2086
  timeout 4 redis-cli $own_tls $as -h 127.0.0.1 -p "$REDIS_PORT" <.own >.own-reply 2>&1 8>&- &
  exec 3>.own 4<.own-reply
  # shellcheck disable=SC2086
  timeout 4 redis-cli $tls $as -h "${to% *}" -p "${to#* }" <.partner >.partner-reply 2>&1 3>&- 4<&- 8>&- &
  exec 5>.partner 6<.partner-reply
}
disconnect() {
  exec 3>&- 4<&- 5>&- 6<&-
  wait
}

# Whether to hand over now: 0 yes, 1 not yet ($reason), 2 no. Sets $to, the partner, and $named, this server as two Sentinels name it: while TLS is
# turned on or off, the third one may know it by another port, at which it would tell them of the partner. A Sentinel that knows a replica by
# another kind of port than the master starts again soon, and forgets it (outdated.sh).
ready() {
  reason='the server does not answer'
  info=$(own_cli INFO replication | tr -d '\r')
  case $info in
    *role:master*) ;;
    *role:slave* | 'Could not connect'*) return 2 ;;
    *) return 1 ;;
  esac
  named=$(named "$shard")
  case $(printf '%s' "$named" | used "$shard") in
    *" ${own##*:}") ;;
    '') reason="fewer than two Sentinels agree on the master$(refusals)" && return 1 ;;
    *) return 2 ;;
  esac
  reason='the partner is not a replica that is in sync'
  to=$(locate "$partner") || return 1
  theirs=$(cli "${to% *}" "${to#* }" INFO replication | tr -d '\r')
  case $theirs in *role:*) contact=$(seconds) ;; esac
  case $theirs in *slave_priority:0*) return 1 ;; *role:slave*) ;; *) return 1 ;; esac
  case $named in *" ${own##*:}") known_as=${to#* } former=${other##*:} ;; *) known_as=${other##*:} former=${to#* } ;; esac
  case $info in *"ip=${to% *},port=${to#* },state=online,"* | *"ip=${to% *},port=${other##*:},state=online,"*) ;; *) return 1 ;; esac
  reason='no Sentinel considers the partner eligible yet'
  while read -r sentinel; do
    where=$(locate "$sentinel") && [ "$(vote "$sentinel" "$shard")" = "$named" ] || continue
    # shellcheck disable=SC2086
    timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" SENTINEL REPLICAS "shard-$shard" </dev/null 2>/dev/null | awk -v port="$known_as" -v former="$former" '
      NR % 2 { name = $0; next }
      name == "port" { here = ($0 == port); if ($0 == former) outdated = 1 }
      here && name == "flags" { flags = $0 }
      here && name == "slave-priority" && $0 > 0 && flags == "slave" { found = 1 }
      END { exit outdated || !found }' && return 0
  done <$files/sentinels
  return 1
}

# Swaps the roles. Fails without a change, or with $demoted set.
swap() {
  own 'INFO replication' 'CONFIG GET replica-serve-stale-data' 'CONFIG GET tls-replication' && field master_repl_offset && offset=$value || return 1
  ! has 'replica-serve-stale-data yes' || stale=yes
  # This server follows the port for which it is set up; as in role.sh.
  followed=$to
  if [ -n "$other" ]; then has "tls-replication ${PEER_TLS-no}" || followed="${to% *} ${other##*:}"; fi
  caught_up || return 1 # before any write is held

  clock || return 1
  held=$now
  own 'CLIENT PAUSE 1500 WRITE' 'INFO replication' && field master_repl_offset && offset=$value && caught_up || {
    own 'CLIENT UNPAUSE'
    return 1
  }
  demoted=yes
  own 'CONFIG SET replica-priority 0' 'CONFIG SET replica-serve-stale-data no' 'REPLICAOF 127.0.0.1 1' 'CLIENT UNPAUSE' \
    'CLIENT KILL TYPE normal' 'INFO replication' && has role:slave && field master_repl_offset && offset=$value || return 1
  # No write can come any more, but some may have: the pause may have run out. The partner still reads what it lacks.
  caught_up || return 1
  demoted=promoting
  # As Sentinel does: the checks of the bridges that wait for the promotion end with their connections.
  partner 'CLIENT KILL TYPE normal' 'REPLICAOF NO ONE' 'INFO replication' && has role:master || return 1
  # The bridges trust the new master once this server follows it.
  own "REPLICAOF $followed" && clock && say "writes were held for $((now - held)) ms"
  latest=$((now + 1000))
  until own 'INFO replication' && has master_link_status:up; do clock && [ "$now" -lt "$latest" ] || break; done
  own 'CLIENT KILL TYPE normal'
  return 0
}

# Completes the swap, also where the connections were lost after the promotion.
follow() {
  # shellcheck disable=SC2086
  own_cli REPLICAOF $followed
  own_cli CONFIG SET replica-serve-stale-data "$stale"
  own_cli CONFIG REWRITE
  cli "${to% *}" "${to#* }" CONFIG REWRITE
} >/dev/null

# After a failure: succeeds if the partner was promoted after all; otherwise gives the role back. A partner that stalls right then may
# still become a master. No bridge trusts it, and Sentinel corrects it.
repair() {
  [ "$demoted" != promoting ] || case $(cli "${to% *}" "${to#* }" INFO replication) in *role:master*) return 0 ;; esac
  own_cli REPLICAOF NO ONE >/dev/null
  own_cli CONFIG SET replica-serve-stale-data "$stale" >/dev/null
  own_cli CLIENT UNPAUSE >/dev/null
  case $(own_cli INFO replication) in
    *role:master*) demoted='' ;;
    'Could not connect'*) exit 0 ;; # it has died
  esac
  return 1
}

# Tells one Sentinel, and waits until two name the partner. Another one is told only if the first one refused or did nothing, and none
# names the partner yet: a Sentinel that does would give the role back.
confirm() {
  end=$(($(seconds) + ${CONFIRM_SECONDS:-10})) again=0
  while :; do
    case $(elected "$shard") in *" ${to#* }") return ;; esac
    [ "$(seconds)" -lt "$end" ] || { say 'two Sentinels do not name the new master yet' && return; }
    if [ "$(seconds)" -ge "$again" ] && ! votes "$shard" | used "$shard" | grep " ${to#* }\$" >/dev/null; then
      while read -r sentinel; do
        where=$(locate "$sentinel") && [ "$(vote "$sentinel" "$shard")" = "$named" ] || continue
        # Without a reply, it may have understood.
        # shellcheck disable=SC2086
        case $(timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" SENTINEL FAILOVER "shard-$shard" 2>&1 </dev/null) in
          NOGOODSLAVE* | 'Could not connect'*) ;;
          *) again=$(($(seconds) + 4)) && break ;;
        esac
      done <$files/sentinels
    fi
    sleep 0.2
  done
}

# A partner that synchronizes is worth waiting for; one that does not answer may never come back.
contact=$(seconds) reported=''
end=$((contact + ${HAND_OVER_SECONDS:-60}))
while :; do
  if [ -n "$demoted" ] && repair; then break; fi
  if [ -z "$demoted" ]; then
    ready
    case $? in
      0)
        reason='the partner did not catch up'
        connect && swap
        swapped=$?
        disconnect
        [ "$swapped" -ne 0 ] || break
        [ -z "$demoted" ] || continue
        ;;
      2) exit 0 ;;
    esac
  fi
  [ "$reason" = "$reported" ] || say "waiting: $reason"
  reported=$reason
  time=$(seconds)
  [ "$time" -lt "$end" ] && [ "$time" -lt $((contact + ${CONTACT_SECONDS:-60})) ] || { say "stopping without a hand-over: $reason" && exit 0; }
  sleep 1
done
follow
confirm
say "handed over to $to"
# While this server follows, the bridges trust the new master. Without it they need two votes, which they look for once a second at least.
sleep 2
