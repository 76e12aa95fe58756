#!/bin/sh
# Like probe.sh, but a replica that does not follow its master is not ready: it could not replace it, so it must not count for evictions and
# rollouts. Whether the whole cluster serves does not matter: its nodes must reach each other to repair it, and no restart would.
set -eu
sh /etc/redis-shard/probe.sh "$1"
[ "$1" = ready ] || exit 0
. /etc/redis-shard/password.sh
# REDIS_TLS is set if there is no plain port. The certificate needs no proof within its own container.
# shellcheck disable=SC2086
case $(redis-cli ${REDIS_TLS:+--tls --insecure} -h 127.0.0.1 -p "$REDIS_PORT" info replication 2>&1) in
  *master_link_status:down*) echo 'not ready: it does not follow its master' && exit 1 ;;
esac
