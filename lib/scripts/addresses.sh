# Functions to find the servers of a shard and its Sentinels. $files is the directory of `servers` and `sentinels`. The current
# directory keeps the last known IP of each name: the IP of a Service never changes, so it is right while DNS is down.
# $tls is how redis-cli connects to other pods, and $own_tls how to the server of this one, whose certificate needs no proof here.
tls='' own_tls=''
[ -z "${PEER_TLS-}" ] || tls='--tls --cacert /run/tls/ca/ca.crt'
[ -z "${REDIS_TLS-}" ] || own_tls='--tls --insecure'

# locate HOST:PORT: prints "IP PORT"; fails if the IP was never known. An IPv6 address is in brackets.
locate() {
  host=${1%:*} port=${1##*:}
  host=${host#\[} host=${host%\]} ip=$host
  case $host in
    *:*) ;;
    *[!0-9.]*)
      known=$(cat ".ip-$host" 2>/dev/null) || known=
      ip=$(timeout 3 getent hosts "$host" | awk 'NR == 1 { print $1 }') || ip=
      # A failure, such as on a full disk, costs only the copy.
      if [ -n "$ip" ] && [ "$ip" != "$known" ]; then { echo "$ip" >".ip-$host.new" && mv ".ip-$host.new" ".ip-$host"; } 2>/dev/null || true; fi
      ip=${ip:-$known}
      ;;
  esac
  [ -n "$ip" ] && echo "$ip $port"
}

# servers_of SHARD: prints the addresses of its servers a and b; with TLS also those with their other ports, by which Sentinels and replicas
# name them before or after the phase USED.
servers_of() { sed "s/{n}/$1/g" "$files/servers"; }

# used SHARD: prints addresses of its servers, each at the end of a line on stdin, with the ports that this pod connects to.
used() {
  # shellcheck disable=SC2046
  set -- $(servers_of "$1" 2>/dev/null)
  if [ $# -eq 4 ]; then sed "s/ ${3##*:}\$/ ${1##*:}/; s/ ${4##*:}\$/ ${2##*:}/"; else cat; fi
}

# vote SENTINEL SHARD: prints the master that a Sentinel names, "IP PORT", or nil. Prints nothing without a proper answer.
vote() {
  where=$(locate "$1") || return 0
  # shellcheck disable=SC2086
  answer=$(timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" SENTINEL GET-MASTER-ADDR-BY-NAME "shard-$2" 2>/dev/null) || return 0
  printf '%s\n' "$answer" | awk '{ line[NR] = $0 } END {
    if (NR == 1 && line[1] == "") print "nil"
    if (NR == 2 && line[1] ~ /^[0-9a-fA-F.:]+$/ && line[2] ~ /^[0-9]+$/) print line[1], line[2]
  }'
}

# votes SHARD: the answers of all Sentinels, asked at once, since one may be slow. named SHARD: the answer of two of them, if any.
# elected SHARD: the same server, with the port that this pod connects to.
votes() { while read -r sentinel; do vote "$sentinel" "$1" & done <"$files/sentinels"; wait; }
named() { votes "$1" | awk '{ n[$0]++ } END { for (answer in n) if (n[answer] > 1) print answer }'; }
elected() { named "$1" | used "$1"; }

# refusals: the Sentinels whose certificates are not accepted, with the reason.
refusals() {
  [ -z "$tls" ] || while read -r sentinel; do
    where=$(locate "$sentinel") || continue
    # shellcheck disable=SC2086
    timeout 2 redis-cli $tls -h "${where% *}" -p "${where#* }" PING 2>&1 </dev/null | sed -n "s/.*: \(.*certificate.*\)/; $sentinel: \1/p" | tr -d '\n'
  done <"$files/sentinels"
}

# Prints hexadecimal escapes for a text in quotes, which work for any byte.
escaped() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../\\x&/g'; }
# Seconds that no change of the clock moves.
seconds() { read -r uptime _ </proc/uptime && echo "${uptime%.*}"; }
