# Keeps which ring may use the shard: the users of the two rings differ in their permission for keys, and neither has any while the
# shard is fenced. Once a Redis Cluster serves, a user who cannot log in has the keys. The program that changes rings sets it, and the server saves its users in redis.conf or users.acl.
# A new server has that of its master, which role.sh has asked.
kept_users=$({ cat .users-of-master || cat redis.conf users.acl; } 2>/dev/null | grep -E '^user (default|ring-2|cdk8s-twemproxy-nobody|cdk8s-twemproxy-fence-[^ ]*) ') || kept_users=
rm -f .users-of-master

# Whether rings were ever changed: without a second user, the first one has every key.
has_epoch() { case $kept_users in *'user ring-2 '* | *'user cdk8s-twemproxy-nobody '*) return 0 ;; esac; return 1; }

has_keys() { printf '%s\n' "$kept_users" | grep "^user $1 " | grep -qF ' ~*'; }

# with_epoch: prints the users on stdin with the keys that they had. The second user may do what the first one may. Without its keys, the
# first one may read one that nobody has: the checks of bridges wait for it.
with_epoch() {
  has_epoch || { cat && return; }
  while IFS= read -r line; do
    case $line in
      'user default '*)
        for user in default ring-2; do
          rules=${line#user default }
          case $user in default) none=' %R~cdk8s-twemproxy-wait' ;; *) none='' ;; esac
          has_keys "$user" || rules=$(printf '%s\n' "$rules" | sed "s/ ~\*/$none/")
          printf 'user %s %s\n' "$user" "$rules"
        done
        printf '%s\n' "$kept_users" | grep '^user cdk8s-twemproxy-' || true
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
}
