#!/bin/sh
# Sets a dump.rdb aside that Redis would load and that no snapshot has kept up to date: an initial synchronization left it,
# and the shard has served newer data since. The directory remembers whether the last start had snapshots; where they have
# just been turned off, the file is from the shutdown, and is loaded once more.
set -eu
case $(cat /etc/redis-shard/snapshots) in
  yes) rm -f .no-snapshots ;;
  *)
    if [ -e .no-snapshots ] && [ -e dump.rdb ]; then
      mv dump.rdb dump.rdb.stale
      echo "$POD_NAME: dump.rdb is older than what this shard has served, since it takes no snapshots: it is dump.rdb.stale now"
    fi
    : >.no-snapshots
    ;;
esac
