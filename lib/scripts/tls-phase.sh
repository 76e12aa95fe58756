# Functions with which sentinel.sh waits if a phase of TLS was skipped: $files/shards has the ports of this phase, and sentinel.conf those by
# which this Sentinel knew the masters. It starts nothing then, so that the rollouts stop, and two Sentinels go on with the former phase.

# Prints the port by which it knew the masters, if it knew none of those listed by a port of this phase.
former_port() {
  [ ! -s sentinel.conf ] || awk '
    FILENAME == ARGV[1] { listed["shard-" $1]; for (i = 2; i < 4; i++) { n = split($i, at, ":"); used[at[n]] } next }
    $1 == "sentinel" && $2 == "monitor" && $3 in listed { if ($5 in used) known = 1; else port = $5 }
    END { if (port != "" && !known) print port }' $files/shards sentinel.conf
}

# Whether a server replies on a port of this phase.
any_replies() {
  while read -r _ a b _; do
    for server in $a $b; do
      where=$(locate "$server") || continue
      # shellcheck disable=SC2086
      [ -z "$(timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" PING 2>/dev/null </dev/null)" ] || return 0
    done
  done <$files/shards
  return 1
}

# The ports change only where the servers have both. SENTINEL_OTHER_PORT is set with TLS, and REDIS_TLS if there is no plain port.
await_phase() {
  port=$(former_port) said=''
  while [ -n "$port" ] && [ ! -e start-anyway ]; do
    why=''
    if [ -n "${SENTINEL_OTHER_PORT-}" ] && [ -z "${REDIS_TLS-}" ]; then
      ! any_replies || break
      why=", and no server replies on the ports of this phase$(refusals)"
    fi
    [ -n "$said" ] || echo "$POD_NAME: waiting: it knows the masters by port $port$why; apply the phase of TLS that was skipped, or the former one" >&2
    said=yes
    sleep 2
  done
  rm -f start-anyway # it is for one start
}
