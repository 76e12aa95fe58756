# Functions with which monitor.sh restarts its Sentinel, which can load no certificate again. $info is its INFO. sentinel.sh writes
# `.certificates` when it starts.
own=/run/tls/own ca=/run/tls/ca/ca.crt
certificates() { cat $own/tls.crt $own/tls.key $ca 2>/dev/null | sha256sum; }

# Whether a Sentinel could start with the files: redis-cli loads them as it would. Also if that which runs has expired.
can_load() {
  loaded=$(timeout 5 redis-cli --tls --insecure --cacert $ca --cert $own/tls.crt --key $own/tls.key -h 127.0.0.1 \
    -p "$(sed -n 's/^tls-port //p' $files/tls.conf)" PING 2>&1)
  [ "$loaded" = PONG ]
}

# While TLS is turned on or off, a Sentinel that still uses the former ports may tell this one of a failover. It would take the new master for
# lost, and with another one promote the replica: `master` is printed, and it has to start again at once, before it waits for
# down-after-milliseconds. `replica` is printed if it lists one by its former port as well, which does no harm.
known_otherwise() {
  printf '%s\n' "$info" | sed -n 's/^master[0-9]*:name=shard-\([0-9]*\),.*address=.*:\([0-9]*\),slaves=\([0-9]*\),.*/\1 \2 \3/p' | while read -r shard port slaves; do
    # shellcheck disable=SC2046
    set -- $(servers_of "$shard")
    [ $# -eq 4 ] || continue
    case " ${3##*:} ${4##*:} " in *" $port "*) echo master && continue ;; esac
    [ "$slaves" -gt 1 ] || continue
    sentinel SENTINEL REPLICAS "shard-$shard" </dev/null | awk -v a="${3##*:}" -v b="${4##*:}" '
      NR % 2 { name = $0; next }
      name == "port" && ($0 == a || $0 == b) { found = 1 }
      END { exit !found }' || continue
    # Not while the replica has that port, as long as two Sentinels name its master by the former one.
    case $(named "$shard") in *" ${1##*:}" | *" ${2##*:}") echo replica ;; esac
  done
}

# Ends it if it has to start again: kubelet restarts it. Not all Sentinels at the same time.
restart_outdated() {
  reason='' delay=$((${RESTART_SECONDS:-20} * ${POD_NAME##*-}))
  case $(known_otherwise) in
    *master*) reason='it knows a master by its former port' delay=0 ;;
    *replica*) reason='it knows a replica by its former port' ;;
  esac
  now=$(certificates)
  if [ "$now" != "$(cat .certificates 2>/dev/null)" ]; then
    if can_load; then
      reason='its certificate has changed'
    elif [ "$now" != "$refused" ]; then
      echo "$POD_NAME: cannot load the changed certificate in $own: ${loaded:-no reply}"
      refused=$now
    fi
  fi
  if [ -z "$reason" ]; then
    since=''
    return
  fi
  : "${since:=$(seconds)}"
  [ $(($(seconds) - since)) -ge "$delay" ] || return 0
  echo "$POD_NAME: restarting the Sentinel: $reason"
  sentinel SHUTDOWN >/dev/null 2>&1
  since=''
}
since='' refused=''
