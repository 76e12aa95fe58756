#!/bin/sh
# Installs the programs that the tests run, or those given as arguments. If it cannot, it prints what to install.
set -eu

package_of() {
  case $1 in
    kubectl) echo kubernetes-client ;;
    ip) echo iproute2 ;;
    rdb-files) echo golang-github-cupcake-rdb-dev ;;
    *) echo "$1" ;;
  esac
}

# RDB files of old versions, which a parser is tested with.
RDB_FILES=/usr/share/gocode/src/github.com/cupcake/rdb/fixtures

is_there() {
  case $1 in
    rdb-files) [ -d "$RDB_FILES" ] ;;
    *) PATH=$PATH:/usr/sbin command -v "$1" >/dev/null ;;
  esac
}

missing=
for program in ${*:-redis-server nutcracker haproxy busybox kubectl chromium ip prometheus prometheus-redis-exporter rclone openssl rdb-files}; do
  is_there "$program" || missing="$missing $(package_of "$program")"
done
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
  as_root=
  [ "$(id -u)" -eq 0 ] || as_root='sudo -n'
  # RUNLEVEL=1 keeps Debian from starting the services that come with the packages.
  if $as_root true 2>/dev/null; then
    # Shortly after boot, apt's daily update may hold the lock. A failing source may be one that is not needed.
    options='-qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600'
    # shellcheck disable=SC2086
    $as_root apt-get update $options || true
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install $options -y --no-install-recommends $missing
    exit 0
  fi
fi
cat >&2 <<MESSAGE
The tests run real programs, and these are missing:$missing
On Debian or Ubuntu:  sudo apt-get install$missing
Elsewhere: Redis 7.0 or later, twemproxy 0.5.0 (its program is called nutcracker), HAProxy 2.6 or later, busybox,
kubectl, Chromium, iproute2, Prometheus 2.42 or later, redis_exporter 1.45 (its program is called prometheus-redis-exporter here),
rclone 1.60 or later; and the directory fixtures of github.com/cupcake/rdb in $RDB_FILES.
MESSAGE
exit 1
