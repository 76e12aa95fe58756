-- Makes nutcracker log in as the user of its ring: it can send a password only, which is that of the default user. Runs in
-- HAProxy, once for each connection of a nutcracker, and replaces AUTH password by AUTH user password.
local user = os.getenv("RING_USER") or "ring-2"

core.register_action("login", { "tcp-req" }, function(txn)
  local data = txn.req:data()
  local head, size = data:match("^(%*2\r\n%$4\r\nAUTH\r\n%$(%d+)\r\n)")
  if head == nil or #data < #head + tonumber(size) + 2 then
    -- Anything else would be a command of the default user. Nutcracker connects again.
    txn:done()
    return
  end
  txn.req:set("*3\r\n$4\r\nAUTH\r\n$" .. #user .. "\r\n" .. user .. "\r\n$" .. size .. "\r\n", 0, #head)
  -- Without it, HAProxy would let a connection through that says nothing until the delay is over.
  txn:set_var("txn.login", true)
end)
