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

# Which shards it knows by other ports than two Sentinels do, after a failover while TLS was turned on or off: their masters, or replicas that
# are listed a second time.
known_otherwise() {
  printf '%s\n' "$info" | sed -n 's/^master[0-9]*:name=shard-\([0-9]*\),.*address=.*:\([0-9]*\),slaves=\([0-9]*\),.*/\1 \2 \3/p' | while read -r shard port slaves; do
    # shellcheck disable=SC2046
    set -- $(servers_of "$shard")
    [ $# -eq 4 ] || continue
    case " ${3##*:} ${4##*:} " in
      *" $port "*) ;;
      *)
        [ "$slaves" -gt 1 ] || continue
        sentinel SENTINEL REPLICAS "shard-$shard" </dev/null | awk -v a="${3##*:}" -v b="${4##*:}" '
          NR % 2 { name = $0; next }
          name == "port" && ($0 == a || $0 == b) { found = 1 }
          END { exit !found }' || continue
        ;;
    esac
    case $(named "$shard") in *" ${1##*:}" | *" ${2##*:}") echo "shard-$shard" ;; esac
  done
}

# Ends it if it has to start again: kubelet restarts it. Not all Sentinels at the same time.
restart_outdated() {
  reason='' shards=$(known_otherwise | tr '\n' ' ')
  [ -z "$shards" ] || reason="it knows servers by former ports: $shards"
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
  [ $(($(seconds) - since)) -ge $((${RESTART_SECONDS:-20} * ${POD_NAME##*-})) ] || return 0
  echo "$POD_NAME: restarting the Sentinel: $reason"
  sentinel SHUTDOWN >/dev/null 2>&1
  since=''
}
since='' refused=''
