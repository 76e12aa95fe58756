#!/bin/sh
# Creates the shard's directory as the user of the server. Kubelet would create it as root, and Redis could not write to it.
set -eu
umask 077
dir=/volume/$POD_NAME
if ! mkdir -p "$dir" || ! : >"$dir/.writable"; then
  echo "user $(id -u) cannot write to $dir; if permissions are the cause, make $(id -u):$(id -g) the owner of the volume's root directory" >&2
  exit 1
fi
rm "$dir/.writable"
