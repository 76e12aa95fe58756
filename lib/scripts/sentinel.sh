#!/bin/sh
# Starts a Sentinel: locks its data directory, writes the configuration, and executes redis-server. What Sentinel has learned
# stays; all else is written again. (Sentinel itself writes passwords without quotes.) monitor.sh tells it what to monitor.
# While TLS is turned on or off, a Sentinel that starts knows the servers by the ports of before: it knows their masters by the others from now
# on, and forgets replicas, which do not have it yet (sentinel-port.sh).
# Longer than 40 lines: a third of them check what the last run left.
set -eu
umask 077
die() { echo "$POD_NAME: $*" >&2; exit 1; }
trap 'exit 143' TERM INT
files=/etc/sentinel
. $files/addresses.sh
. $files/password.sh
cd /data
exec 9>>.lock
for try in 1 2 3 4 last; do
  flock -n 9 && break
  [ "$try" != last ] || die 'another Sentinel is using the data directory'
  sleep 1
done

own=$(sed -n "$((${POD_NAME##*-} + 1))p" $files/sentinels)
until ip=$(locate "$own"); do
  echo "$POD_NAME: waiting: the name in ${own:-no line} has no IP" >&2
  sleep 1
done
auth_user=$(cat $files/role-user)
# Prints a password as an ACL has it.
proof_of() { printf %s "$1" | sha256sum | sed 's/\([^ ]*\).*/#\1/'; }
password=$(escaped "${REDISCLI_AUTH-}")

# Prints what is known of the listed shards; fails on a file that is not complete.
known() {
  awk -v own="${own##*:}" -v other="${SENTINEL_OTHER_PORT-}" '
    FILENAME == ARGV[1] {
      listed["shard-" $1]
      if (NF == 5) for (i = 2; i < 4; i++) { split($i, here, ":"); split($(i + 2), there, ":"); port[there[2]] = here[2] }
      next
    }
    $1 != "sentinel" { next }
    $2 == "myid" { if (NF != 3 || length($3) != 40) exit 1; print; next }
    $2 == "current-epoch" { if (NF != 3) exit 1; print; next }
    !($2 in fields) || !($3 in listed) { next }
    NF != fields[$2] { exit 1 }
    $2 ~ /^known-(replica|slave)$/ && $5 in port { next }
    $2 == "known-sentinel" && $5 == other { $5 = own }
    $2 == "monitor" { if ($5 in port) $5 = port[$5]; master[$3] = $4 " " $5 }
    # Its master, of which it learned by another port, was its replica before, and would be made a replica of itself.
    $2 ~ /^known-(replica|slave)$/ && $4 " " $5 == master[$3] { next }
    { print }
    BEGIN {
      fields["monitor"] = 6
      fields["config-epoch"] = fields["leader-epoch"] = 4
      fields["down-after-milliseconds"] = fields["failover-timeout"] = fields["parallel-syncs"] = 4
      fields["known-replica"] = fields["known-slave"] = 5
      fields["known-sentinel"] = 6
    }' $files/shards sentinel.conf && [ -z "$(tail -c 1 sentinel.conf)" ]
}
. $files/tls-phase.sh
await_phase
state=
if [ -s sentinel.conf ] && ! state=$(known); then
  state=
  echo "$POD_NAME: sentinel.conf is not complete; starting without what it knew" >&2
fi
{
  printf 'port %s\nprotected-mode no\ndir %s\n' "$([ -z "${REDIS_TLS-}" ] && echo "$SENTINEL_PORT" || echo 0)" /data
  [ ! -e $files/tls.conf ] || cat $files/tls.conf
  printf 'sentinel announce-ip %s\nsentinel announce-port %s\n' "${ip% *}" "${ip#* }"
  [ -z "$password" ] || printf 'requirepass "%s"\nsentinel sentinel-pass "%s"\n' "$password" "$password"
  # Two passwords need an ACL.
  [ -z "$second_password" ] || printf 'user default on %s %s ~* &* +@all\n' "$(proof_of "$REDISCLI_AUTH")" "$(proof_of "$second_password")"
  printf '%s\n' "$state"
  printf '%s\n' "$state" | sed -n 's/^sentinel monitor \([^ ]*\) .*/\1/p' | while read -r name; do
    # Any password is right for a user that has none.
    [ -z "$password$auth_user" ] || printf 'sentinel auth-pass %s "%s"\n' "$name" "${password:-none}"
    [ -z "$auth_user" ] || printf 'sentinel auth-user %s %s\n' "$name" "$auth_user"
  done
} >sentinel.conf.new && sync sentinel.conf.new && mv sentinel.conf.new sentinel.conf || die 'cannot write sentinel.conf; is the volume full?'
if [ -e $files/outdated.sh ]; then . $files/outdated.sh && certificates >.certificates; fi
trap - TERM INT
exec redis-server /data/sentinel.conf --sentinel
