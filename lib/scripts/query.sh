# Functions to query shards. Debian images have bash for this, Alpine images have nc.

# send HOST PORT SECONDS: sends stdin, and prints the reply until the connection closes or the time is up.
if command -v bash >/dev/null; then
  # shellcheck disable=SC2016
  send() { timeout "$3" bash -c 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && cat <&3' "$1" "$2" 2>/dev/null; }
elif command -v nc >/dev/null; then
  send() { timeout "$3" nc "$1" "$2" 2>/dev/null; }
else
  echo 'the image has neither bash nor nc; a proxy needs one of them to query its shards. See node_modules/cdk8s-twemproxy/images/twemproxy/README.md' >&2
  exit 1
fi

# query ADDRESS SECRET: prints the state of a shard in one line. SECRET is the path of the password, or "-" for none.
query() {
  reply=$({
    if [ "$2" != - ]; then
      printf '*2\r\n$4\r\nAUTH\r\n$%d\r\n' "$(wc -c <"/run/passwords/$2")"
      cat "/run/passwords/$2"
      printf '\r\n'
    fi
    printf 'INFO replication\r\nEXISTS cdk8s-twemproxy\r\nQUIT\r\n'
  } | send "${1%:*}" "${1##*:}" 3 | tr -d '\r') || true
  case $reply in
    *role:slave*) echo "replica $1" ;;
    *-NOPERM*'to access '*key*) echo "unavailable $1 (another ring serves)" ;;
    *role:master* | *-NOPERM*) echo "serves $1" ;;
    *) echo "unavailable $1 ($(printf '%s\n-no reply\n' "$reply" | sed -n 's/^-//p' | sed 1q))" ;;
  esac
}
