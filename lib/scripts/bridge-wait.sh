#!/bin/sh
# Delays nutcracker until every shard has a server, for at most ten seconds: one unavailable shard must not keep a proxy from
# starting. The Alpine image of HAProxy has wget, the Debian image has bash.
set -eu

if command -v wget >/dev/null; then
  ready() { timeout 2 wget -q -O /dev/null "http://127.0.0.1:$HEALTH_PORT/ready" 2>/dev/null; }
else
  # shellcheck disable=SC2016
  request='exec 3<>"/dev/tcp/127.0.0.1/$HEALTH_PORT"
    printf "GET /ready HTTP/1.0\r\n\r\n" >&3
    read -r _ status _ <&3
    [ "$status" = 200 ]'
  ready() { timeout 2 bash -c "$request" 2>/dev/null; }
fi

end=$(($(date +%s) + 10))
until ready; do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo 'a shard has no server; starting anyway'
    break
  fi
  sleep 0.2
done
