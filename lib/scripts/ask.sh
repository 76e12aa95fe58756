# Defines how shards are asked. Debian's images have bash for it, Alpine's have nc.

# Sends its input to a host and port, and prints the answer until the other side closes, or for so many seconds.
if command -v bash >/dev/null; then
  # shellcheck disable=SC2016
  talk() { timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && cat <&3' "$1" "$2" 2>/dev/null; }
elif command -v nc >/dev/null; then
  talk() { timeout "$3" nc "$1" "$2" 2>/dev/null; }
else
  echo 'the image has neither bash nor nc, with which a proxy asks its shards; see node_modules/cdk8s-twemproxy/images/twemproxy/README.md' >&2
  exit 1
fi

# Prints what the shard at an address says that it is, in a line. The password is in the file of a Secret; "-" is none.
ask() {
  said=$({
    if [ "$2" != - ]; then
      printf '*2\r\n$4\r\nAUTH\r\n$%d\r\n' "$(wc -c <"/run/passwords/$2")"
      cat "/run/passwords/$2"
      printf '\r\n'
    fi
    printf 'INFO replication\r\nQUIT\r\n'
  } | talk "${1%:*}" "${1##*:}" 3 | tr -d '\r') || true
  case $said in
    *role:slave*) echo "replica $1" ;;
    *role:master* | *-NOPERM*) echo "serves $1" ;;
    *) echo "silent $1 ($(printf '%s\n-no answer\n' "$said" | sed -n 's/^-//p' | sed 1q))" ;;
  esac
}
