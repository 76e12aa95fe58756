#!/bin/sh
# Renames an outdated dump.rdb that Redis would load: without snapshots, the file is from an initial synchronization, and the
# shard has served newer data since. The marker .no-snapshots means that the last start had no snapshots either. Without the
# marker, they were just turned off: the file is from the shutdown, and Redis loads it once more.
set -eu
case $(cat /etc/redis-shard/snapshots) in
  yes) rm -f .no-snapshots ;;
  *)
    if [ -e .no-snapshots ] && [ -e dump.rdb ]; then
      mv dump.rdb dump.rdb.stale
      echo "$POD_NAME: renamed dump.rdb to dump.rdb.stale: this shard takes no snapshots, and has served newer data"
    fi
    : >.no-snapshots
    ;;
esac
