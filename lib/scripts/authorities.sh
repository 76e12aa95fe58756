# During a migration a shard also trusts the authorities of the old servers. Redis reads one file with authorities, so this writes one from
# both Secrets.
write_authorities() {
  { cat /run/tls/ca/ca.crt && echo && cat /run/tls/ca-of-old/ca.crt; } >/data/.tls-ca.crt.new && mv /data/.tls-ca.crt.new /data/.tls-ca.crt
}
