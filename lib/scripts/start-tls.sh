#!/bin/sh
# Starts a shard with TLS. start.sh becomes redis-server, with which the other scripts end.
set -eu
if [ -e /etc/redis-shard/authorities.sh ]; then
  . /etc/redis-shard/authorities.sh
  write_authorities || { echo "$POD_NAME: cannot write .tls-ca.crt; is the volume full?" >&2 && exit 1; }
fi
sh /etc/redis-shard/renew-tls.sh $$ &
[ ! -e /etc/redis-shard/sentinel-port.sh ] || sh /etc/redis-shard/sentinel-port.sh $$ &
exec sh /etc/redis-shard/start.sh
