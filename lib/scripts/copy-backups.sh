#!/bin/sh
# Copies the complete backups of a fleet to a remote of rclone: of each the files first and the manifest last, so that also there a
# backup without a manifest does not count. rclone skips what is already there. Nothing is removed at the remote.
set -eu
cd "/backups/$FLEET"
failed=''
for manifest in */manifest.json; do
  name=${manifest%/*}
  [ -e "$manifest" ] || { echo "there is no complete backup in /backups/$FLEET" >&2; exit 1; }
  if rclone copy "$name" "$REMOTE/$FLEET/$name" --exclude manifest.json \
    && rclone check "$name" "$REMOTE/$FLEET/$name" --exclude manifest.json --one-way \
    && rclone copyto "$manifest" "$REMOTE/$FLEET/$manifest"; then
    echo "copied $name"
  elif [ -e "$manifest" ]; then
    echo "could not copy $name" >&2
    failed=yes
  else
    echo "$name was removed meanwhile"
  fi
done
[ -z "$failed" ]
