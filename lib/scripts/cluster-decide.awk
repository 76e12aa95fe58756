# What cluster-create.sh does next, from what all nodes say: `state` has a line for each node, "ORDINAL IP:PORT KEYS STATE", and nodes.N the
# reply of node N to CLUSTER NODES. `each` is the number of nodes of a shard, whose ordinals follow each other.

FILENAME == "state" { own[$2] = $1; address[$1] = $2; keys[$1] = $3; ok[$1] = ($4 == "ok"); count++; next }
FNR == 1 { node = substr(FILENAME, 7) + 0 }
{
  id = $1; flags = $3; isNamed = ($2 ~ /,./); sub(/@.*/, "", $2)
  if (flags ~ /handshake/) { joining = 1; next }
  lines[node]++
  view[node, id] = flags; named[node, id] = isNamed; where[id] = $2; seen[node, lines[node]] = id
  for (i = 9; i <= NF; i++) {
    if ($i ~ /^\[/) continue
    split($i, range, "-")
    covered[node] += ($i ~ /-/ ? range[2] - range[1] : 0) + 1
    owns[node, id] = 1
  }
  if (flags ~ /myself/) { self[node] = id; nodeOf[id] = node; master[node] = $4; slots[node] = owns[node, id] }
}

function decide(what) { if (!decided) print what; decided = 1 }

# The node of the same shard that has slots; -1 without one.
function masterOf(n, m) {
  for (m = n - n % each; m < n - n % each + each; m++) if (m != n && slots[m]) return m
  return -1
}

# Whether a node knows one that `base` knows: then it is joining, or the others have not heard of it yet.
function meets(n, i) {
  for (i = 1; i <= lines[n]; i++) if (seen[n, i] != self[n] && (base, seen[n, i]) in view) return 1
  return 0
}

END {
  base = -1
  for (n = count - 1; n >= 0; n--) if (covered[n] == 16384) base = n
  if (base < 0) { new(); exit }

  for (i = 1; i <= lines[base]; i++) {
    id = seen[base, i]; flags = view[base, id]
    # The former self of a node that has lost its disk; not one that somebody has added.
    if (id in nodeOf || !(flags ~ /noaddr/ || (where[id] in own && flags ~ /fail/ && flags !~ /fail\?/))) continue
    if (owns[base, id]) decide("refuse a lost node, " id ", has slots: the keys in them are lost; see redis-cli --cluster fix")
    else decide("forget " id)
  }
  for (n = 0; n < count; n++) {
    if (n == base) continue
    isKnown = ((base, self[n]) in view)
    if (lines[n] == 1) {
      if (keys[n] || slots[n]) decide("refuse " address[n] " has keys or slots, but is not in the cluster of " address[base] "; remove them, or its data")
      if (masterOf(n) < 0) decide("refuse " address[n] " is new, but no other node of its shard has slots; add it with redis-cli --cluster add-node")
      # One that was reset keeps its id, and redis-cli would not add it.
      decide((isKnown ? "meet " : "add ") n " " masterOf(n) " " self[masterOf(n)])
    } else if (!isKnown || !meets(n)) {
      if (covered[n] == 16384 && !meets(n)) decide("refuse " address[n] " and " address[base] " are in two clusters; reset one of them")
      decide("wait until " address[n] " has joined")
    } else if (master[n] == "-" && !slots[n]) {
      if (keys[n]) decide("refuse " address[n] " has keys, but no slots; remove the keys")
      if (masterOf(n) < 0) decide("refuse " address[n] " has no slots, and no other node of its shard has any; give it some with redis-cli --cluster rebalance")
      decide("replicate " n " " self[masterOf(n)])
    }
  }
  for (n = 0; n < count; n++) {
    if (!ok[n] || covered[n] < 16384) decide("wait until the state of " address[n] " is ok")
    for (m = 0; m < count; m++) if (!((n, self[m]) in view) || view[n, self[m]] ~ /fail|noaddr/) decide("wait until " address[n] " reaches " address[m])
    # Clients with TLS connect to names.
    for (m = 0; m < count; m++) if (named[m, self[m]] && !named[n, self[m]]) decide("wait until " address[n] " knows the name of " address[m])
  }
  if (joining) decide("wait until no node is joining")
  decide("done")
}

# No node knows an owner of every slot: these nodes are new, or were made a cluster by half.
function new(  n, i, id, isFresh) {
  isFresh = !joining
  for (n = 0; n < count; n++) {
    if (keys[n]) decide("refuse " address[n] " has " keys[n] " keys, but no node knows the owners of all slots; see redis-cli --cluster check")
    for (i = 1; i <= lines[n]; i++) {
      id = seen[n, i]
      if (!(id in nodeOf) && !(where[id] in own) && view[n, id] !~ /noaddr/) decide("refuse " address[n] " knows " where[id] ", which is not one of these nodes; reset it, or remove its data")
    }
    if (lines[n] > 1 || slots[n]) isFresh = 0
  }
  decide(isFresh ? "create" : "reset")
}
