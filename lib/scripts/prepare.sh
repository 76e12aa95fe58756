#!/bin/sh
# Makes this shard's directory as the server's own user: kubelet would make it as root, and Redis could not write it.
set -eu
umask 077
dir=/volume/$POD_NAME
if ! mkdir -p "$dir" || ! : >"$dir/.writable"; then
  echo "user $(id -u) cannot write $dir; if that is a matter of rights, make $(id -u):$(id -g) the owner of the volume's root" >&2
  exit 1
fi
rm "$dir/.writable"
