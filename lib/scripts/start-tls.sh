#!/bin/sh
# Starts a shard with TLS. start.sh becomes redis-server, with which renew-tls.sh ends.
set -eu
sh /etc/redis-shard/renew-tls.sh $$ &
exec sh /etc/redis-shard/start.sh
