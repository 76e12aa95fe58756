#!/bin/sh
# Holds nutcracker back until every shard has a server, or for ten seconds: one dark shard must not keep a proxy from starting.
# The stock image has wget (Alpine) or bash (Debian).
url=127.0.0.1:$HEALTH_PORT

ready() {
  if command -v wget >/dev/null; then
    wget -q -T 1 -O /dev/null "http://$url/ready" 2>/dev/null
  else
    # shellcheck disable=SC2016
    bash -c 'exec 3<>"/dev/tcp/${0%:*}/${0#*:}" && printf "GET /ready HTTP/1.0\r\n\r\n" >&3 && read -r -t 1 _ status _ <&3 &&
      [ "$status" = 200 ]' "$url" 2>/dev/null
  fi
}

end=$(($(date +%s) + 10))
until ready || [ "$(date +%s)" -ge "$end" ]; do
  sleep 0.2
done
exit 0
