#!/bin/sh
# Tells the Sentinel of this pod which shards to monitor. A Sentinel without state must not guess who is master: it asks both
# servers, and begins when one follows the other, or when the other Sentinels name a master. Until then, the servers keep their
# roles. Runs in a container of its own, so that kubelet restarts it. Longer than 40 lines: one round, from the question to the commands.
set -u
umask 077
files=/etc/sentinel
. $files/addresses.sh
restart_outdated() { :; }
pause=2
# With TLS, it looks more often than down-after-milliseconds.
[ ! -e $files/outdated.sh ] || { . $files/outdated.sh && pause=1; }
cd /data || exit 1
trap 'exit 0' TERM INT
auth_user=$(cat $files/role-user)
# down_after SHARD: not the same for all Sentinels, or each votes for itself, nor for all shards: a Sentinel writes its state to disk in each
# failover, and if many of one moment took it two seconds, it would do nothing for 30.
down_after() { echo $((${DOWN_AFTER_MS:-3000} + 250 * ${POD_NAME##*-} + 40 * ($1 % 8))); }

# Sets REDISCLI_AUTH and $options, from the Secret as it is now. After a change, Sentinel gets the options again.
read_password() {
  . $files/password.sh
  auth_pass=$(escaped "${REDISCLI_AUTH-}")
  # Any password is right for a user that has none.
  [ -z "$auth_user" ] || auth_pass=${auth_pass:-none}
  [ "$auth_pass" = "$known_pass" ] || complete=''
  known_pass=$auth_pass
  # In this order: without down-after-milliseconds (the default is 30 seconds), the password is set.
  options="auth-pass \"$auth_pass\" auth-user \"$auth_user\" failover-timeout ${FAILOVER_TIMEOUT_MS:-5000} parallel-syncs 1 down-after-milliseconds"
}

# shellcheck disable=SC2086
sentinel() { timeout 60 redis-cli $own_tls -h 127.0.0.1 -p "$SENTINEL_PORT" "$@"; }

# look ADDRESS SHARD: prints "IP PORT master", or "IP PORT slave up IP PORT" with the server that it follows.
look() {
  where=$(locate "$1") || return 0
  # shellcheck disable=SC2086
  info=$(timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" INFO replication 2>/dev/null | tr -d '\r' | awk '
    { at = index($0, ":"); value[substr($0, 1, at - 1)] = substr($0, at + 1) }
    END { print value["role"], value["master_link_status"], value["master_host"], value["master_port"] }')
  # shellcheck disable=SC2086
  echo $where $info | used "$2"
}

# pair SHARD A B: sets $a and $b to what both servers say, and $master to the one that the other one follows.
pair() {
  a=$(look "$2" "$1") b=$(look "$3" "$1") master=
  case "$a / $b" in
    *' master / '*' slave up '"${a% master}") master=${a% master} ;;
    *" slave up ${b% master} / "*' master') master=${b% master} ;;
  esac
}

# begin SHARD A B: prints the commands to monitor a shard, if its master is known.
begin() {
  pair "$@"
  [ -n "$master" ] || case "$a / $b" in
    *' master / '*' master') ;;
    *' master / '* | *' master') # the partner is gone: what do the others say?
      master=$(elected "$1")
      case "$a/$b" in "$master master/"* | *"/$master master") ;; *) master= ;; esac
      ;;
  esac
  [ -z "$master" ] || monitor "$1"
}

# monitor SHARD: prints the commands for its $master.
monitor() { printf 'SENTINEL MONITOR shard-%s %s 2\nSENTINEL SET shard-%s %s\n' "$1" "$master" "$1" "$options $(down_after "$1")"; }

# Prints the commands for shards whose former master this Sentinel monitors, without a chance to learn of the present one: while TLS is turned
# on or off, it had forgotten the replica when that became the master.
begin_again() {
  printf '%s\n' "$info" | sed -n 's/^master[0-9]*:name=shard-\([0-9]*\),.*address=\(.*\):\([0-9]*\),slaves=0,.*/\1 \2 \3/p' | while read -r shard address; do
    # shellcheck disable=SC2046
    set -- "$shard" $(awk -v shard="$shard" '$1 == shard { print $2, $3 }' $files/shards)
    [ $# -eq 3 ] || continue
    pair "$@"
    [ -z "$master" ] || [ "$master" = "$(echo "$address" | used "$shard")" ] || { echo "SENTINEL REMOVE shard-$shard" && monitor "$shard"; }
  done
}

commands() {
  listed=" $(awk '{ printf "shard-%s ", $1 }' $files/shards)"
  for name in $monitored; do
    case $listed in
      *" $name "*) [ -n "$complete" ] || echo "SENTINEL SET $name $options $(down_after "${name#shard-}")" ;;
      *) echo "SENTINEL REMOVE $name" ;;
    esac
  done
  begin_again </dev/null
  n=0
  while read -r shard a b _; do
    case " $monitored " in *" shard-$shard "*) continue ;; esac
    begin "$shard" "$a" "$b" &
    n=$((n + 1))
    [ $((n % 8)) -ne 0 ] || wait
  done <$files/shards
  wait
}

# Sentinel writes passwords without quotes. A line with half a pair of quotes it cannot read, so it keeps it as a comment, and adds one for
# each shard whenever it writes its state: after some hundred writes, the next ones would take it long. If it writes meanwhile, it does so again.
tidy() {
  [ "$(grep -c "$unread" sentinel.conf)" -gt $((16 * (1 + $(wc -l <$files/shards)))) ] || return 0
  written=$(ls -i sentinel.conf)
  grep -v "$unread\|^\$" sentinel.conf >sentinel.conf.tidy
  [ "$(wc -l <sentinel.conf.tidy)" -eq "$(grep -vc "$unread\|^\$" sentinel.conf)" ] || return 0
  [ "$(ls -i sentinel.conf)" != "$written" ] || mv sentinel.conf.tidy sentinel.conf
  sentinel SENTINEL FLUSHCONFIG >/dev/null
}
unread='^# ??? '

known_pass='' complete='' # whether every monitored shard has the options
while :; do
  read_password
  info=$(sentinel INFO sentinel 2>/dev/null) || info=
  case $info in
    *sentinel_masters:*)
      restart_outdated
      monitored=$(printf '%s\n' "$info" | sed -n 's/^master[0-9]*:name=\([^,]*\),.*/\1/p' | tr '\n' ' ')
      todo=$(commands)
      if [ -n "$todo" ]; then
        printf '%s\n' "$todo" | sed 's/ auth-pass .*//'
        replies=$(printf '%s\n' "$todo" | sentinel 2>&1)
        printf '%s\n' "$replies" | grep -vx 'OK' | sort -u
        complete=''
        [ "$(printf '%s\n' "$todo" | wc -l)" -ne "$(printf '%s\n' "$replies" | grep -cx OK)" ] || complete=yes
      else
        complete=yes
      fi
      tidy
      ;;
  esac
  sleep "$pause"
done
