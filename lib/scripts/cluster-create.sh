#!/bin/sh
# Makes the nodes in `nodes` one Redis Cluster, and completes it after an interruption, or after a node has lost its disk. It only resets
# nodes that have no keys, and changes no cluster that has all slots, except that it adds replicas. Exits with 3 if a person has to decide.
set -u
umask 077
files=/etc/redis-shard
. $files/addresses.sh
. $files/password.sh
cd /data || exit 1
trap '' PIPE
lock=cdk8s-twemproxy-create-$$-$(date +%s)

# shellcheck disable=SC2086 # $tls is how redis-cli connects to nodes with TLS; it verifies their authority.
# cli ORDINAL COMMAND...: one command on a node. cluster ARGUMENT...: redis-cli --cluster.
cli() {
  read -r host port <"where.$1" && shift || return 1
  timeout 5 redis-cli $tls --user migrator -h "$host" -p "$port" "$@" 2>&1 </dev/null | tr -d '\r'
}
cluster() { timeout 300 redis-cli $tls --user migrator --cluster "$@" --cluster-yes </dev/null; }
at() { read -r host port <"where.$1" && echo "$host:$port"; }
name() { sed -n "$(($1 + 1))p" $files/nodes; }

# Runs a command after which nodes meet, and says after a minute why they might not: Redis itself logs nothing then.
joining() {
  "$@" &
  started=$(seconds) told=''
  while kill -0 $! 2>/dev/null; do
    sleep 1
    [ -z "$told" ] && [ $(($(seconds) - started)) -ge "${JOIN_SECONDS:-60}" ] || continue
    told="the nodes have not met: can they reach each other's bus port?"
    [ -z "$tls" ] || told="$told Their certificate (Secret $TLS_SECRET) must be of an authority in ca.crt (Secret $TLS_CA_SECRET), and if it has an extended key usage, also for clients"
    echo "waiting: $told"
  done
  wait $!
}

# What to do about a certificate: redis-cli does not say which one.
remedy() {
  case $(cat) in
    *'certificate verify failed'*) echo "; renew its certificate (Secret $TLS_SECRET), or add the authority that issued it to ca.crt (Secret $TLS_CA_SECRET)" ;;
  esac
}

# Writes what each node says to nodes.N, and a line for each to `state`. Fails, with $reason, if one does not answer.
read_nodes() {
  n=0
  : >state
  while read -r address; do
    reason="the name in $address has no IP"
    locate "$address" >where.$n || return 1
    cli $n CLUSTER NODES >nodes.$n
    reason="$address does not answer: $(sed 1q nodes.$n)$(remedy <nodes.$n)"
    grep myself nodes.$n >/dev/null || return 1
    keys=$(cli $n DBSIZE)
    case $keys in *[!0-9]* | '') reason="$address: ${keys:-no reply}" && return 1 ;; esac
    echo "$n $(at $n) $keys $(cli $n CLUSTER INFO | sed -n 's/^cluster_state://p')" >>state
    n=$((n + 1))
  done <$files/nodes
}

# Another Job may do the same. The lock is the name of a connection to the first node, which ends with this shell.
take_lock() {
  mine=$(cli 0 CLIENT LIST | sed -n 's/.* name=\(cdk8s-twemproxy-create-[^ ]*\).*/\1/p' | sed 1q)
  [ "$mine" != "$lock" ] || return 0
  reason='another Job is creating the cluster'
  [ -z "$mine" ] || return 1
  reason='taking the lock'
  rm -f lock && mkfifo lock || return 1
  read -r host port <where.0
  # shellcheck disable=SC2086
  redis-cli $tls --user migrator -h "$host" -p "$port" <lock >/dev/null 2>&1 &
  exec 3>lock
  echo "CLIENT SETNAME $lock" >&3
  return 1
}

# Prints what to do next: done, wait REASON, refuse REASON, create, reset, forget ID, add or meet NODE MASTER ID, or replicate NODE ID.
decide() {
  awk -v each="$((1 + REPLICAS))" -f $files/cluster-decide.awk state $(n=0 && while [ -e "nodes.$n" ]; do echo "nodes.$n" && n=$((n + 1)); done)
}

users() { cli "$1" ACL LIST | awk '/^user (default|cdk8s-twemproxy-)/ { print $2, (/ ~\*( |$)/) }'; }

reason='' reported='' since=0
while :; do
  if read_nodes && take_lock; then
    # shellcheck disable=SC2046
    set -- $(decide)
    what=$1 && shift
    reason=''
    case $what in
      done) echo 'the cluster is complete' && exit 0 ;;
      wait) reason=$* ;;
      refuse)
        # What is found while nodes join or fail over may pass.
        reason=$*
        [ "$reason" = "$reported" ] || since=$(seconds)
        [ $(($(seconds) - since)) -lt "$REFUSAL_SECONDS" ] || { echo "refused: $reason" >&2 && exit 3; }
        ;;
      create)
        # shellcheck disable=SC2046
        joining cluster create $(n=0 && while [ -e "where.$n" ]; do at $n && n=$((n + 1 + REPLICAS)); done) --cluster-replicas 0
        ;;
      reset)
        echo 'the nodes have no keys and are no cluster: resetting them'
        n=0
        # A master with keys refuses.
        while [ -e "where.$n" ]; do cli $n CLUSTER RESET HARD && n=$((n + 1)); done
        ;;
      forget)
        n=0
        while [ -e "where.$n" ]; do cli $n CLUSTER FORGET "$1" >/dev/null && n=$((n + 1)); done
        ;;
      add)
        [ "$(users "$1")" = "$(users "$2")" ] || {
          echo "refused: $(name "$1") is new, and its users differ from those of the cluster; delete its pod, which takes them when it starts" >&2
          exit 3
        }
        echo "adding $(name "$1") as a replica of $(name "$2")"
        cluster add-node "$(at "$1")" "$(at "$2")" --cluster-slave --cluster-master-id "$3"
        ;;
      meet)
        echo "meeting $(name "$1") again, which was reset"
        at "$2" >/dev/null # sets $host and $port
        cli "$1" CLUSTER MEET "$host" "$port"
        ;;
      replicate) cli "$1" CLUSTER REPLICATE "$2" ;;
      *) reason='no decision' ;;
    esac
  fi
  [ -z "$reason" ] || [ "$reason" = "$reported" ] || echo "waiting: $reason"
  reported=$reason
  sleep 1
done
