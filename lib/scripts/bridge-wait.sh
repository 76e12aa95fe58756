#!/bin/sh
# Holds nutcracker back until every shard has a server, or for ten seconds: one unavailable shard must not keep a proxy from
# starting. Alpine's image of HAProxy has wget, Debian's has bash.
set -eu

if command -v wget >/dev/null; then
  ready() { timeout 2 wget -q -O /dev/null "http://127.0.0.1:$HEALTH_PORT/ready" 2>/dev/null; }
else
  # shellcheck disable=SC2016
  ask='exec 3<>"/dev/tcp/127.0.0.1/$HEALTH_PORT"
    printf "GET /ready HTTP/1.0\r\n\r\n" >&3
    read -r _ status _ <&3
    [ "$status" = 200 ]'
  ready() { timeout 2 bash -c "$ask" 2>/dev/null; }
fi

end=$(($(date +%s) + 10))
until ready; do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo 'going on with a shard that has no server'
    break
  fi
  sleep 0.2
done
