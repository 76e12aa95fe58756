#!/bin/sh
# Lets the server of process $1 load its certificate again when the files of its Secret have changed. Its connections stay. A certificate
# that it does not load is reported, and the server keeps the one that it has.
set -u
own=/run/tls/own ca=/run/tls/ca/ca.crt
# During a migration, there are also the authorities of the old servers, and perhaps a certificate for them.
old_ca=/run/tls/ca-of-old/ca.crt old=/run/tls/old client=''
if [ -e $old_ca ]; then
  . /etc/redis-shard/authorities.sh
  [ ! -e $old/tls.crt ] || client="tls-client-cert-file $old/tls.crt tls-client-key-file $old/tls.key"
fi
read_files() { cat $own/tls.crt $own/tls.key $ca $old_ca $old/tls.crt $old/tls.key 2>/dev/null | sha256sum; }

loaded=$(read_files) reported=''
while kill -0 "$1" 2>/dev/null; do
  # Not as long as kubelet takes until it updates the files, a minute or more.
  sleep "${TLS_RENEW_SECONDS:-10}"
  now=$(read_files)
  [ "$now" != "$loaded" ] || continue
  . /etc/redis-shard/password.sh
  all=$ca
  [ ! -e $old_ca ] || { write_authorities && all=/data/.tls-ca.crt; } || continue
  # REDIS_TLS is set if the server has no plain port. Its certificate needs no proof within its own container.
  # shellcheck disable=SC2086
  reply=$(timeout 5 redis-cli ${REDIS_TLS:+--tls --insecure} -h 127.0.0.1 -p "$REDIS_PORT" CONFIG SET \
    tls-cert-file $own/tls.crt tls-key-file $own/tls.key tls-ca-cert-file $all $client 2>&1)
  if [ "$reply" = OK ]; then
    loaded=$now
    reply='the changed certificate is loaded'
  else
    reply="cannot load the changed certificate in $own: ${reply:-no reply}"
  fi
  [ "$reply" = "$reported" ] || echo "$POD_NAME: $reply"
  reported=$reply
  [ "$now" != "$loaded" ] || reported=''
done
