-- Loads the certificate of the proxies, and the authorities of their clients, again when their files have changed: over HAProxy's own
-- socket, so that no connection ends. A certificate that cannot be loaded is reported, and the one in use stays.

local PERIOD_MS = 10000
local tried = {}

local function read(path)
  local file = io.open(path, 'r')
  if not file then return nil end
  local text = file:read('*a')
  file:close()
  return text
end

-- The key is beside a certificate; a list of authorities has none. An empty line would end the command.
local function content(path)
  local text = read(path)
  local key = path:match('tls%.crt$') and read((path:gsub('tls%.crt$', 'tls.key'))) or ''
  return text and ((text .. '\n' .. key):gsub('\r', ''):gsub('\n+', '\n'))
end

local function command(text)
  local socket = core.tcp()
  socket:settimeout(5)
  if not socket:connect(os.getenv('RENEW_SOCKET')) then return 'the socket of HAProxy does not answer' end
  socket:send(text)
  local reply = socket:receive('*a')
  socket:close()
  return reply or 'no reply'
end

local function load(path, text)
  local kind = path:match('tls%.crt$') and 'cert' or 'ca-file'
  local reply = command('set ssl ' .. kind .. ' ' .. path .. ' <<\n' .. text .. '\n')
  if reply:lower():find('transaction created') then
    reply = command('commit ssl ' .. kind .. ' ' .. path .. '\n')
    if reply:find('Success') then return 'the changed ' .. path .. ' is loaded', true end
    command('abort ssl ' .. kind .. ' ' .. path .. '\n')
  end
  return 'cannot load the changed ' .. path .. ': ' .. reply:gsub('%s+', ' '), false
end

core.register_task(function()
  local seen = {}
  for path in os.getenv('RENEW_FILES'):gmatch('%S+') do tried[path] = content(path) end
  while true do
    core.msleep(PERIOD_MS)
    for path in pairs(tried) do
      local text = content(path)
      -- Twice the same: a certificate and its key are two files. And once: each time that HAProxy 2.6 rejects a certificate, it also ends
      -- connections.
      if text and text == seen[path] and text ~= tried[path] then
        tried[path] = text
        local message, done = load(path, text)
        core.log(done and core.notice or core.alert, message)
      end
      seen[path] = text
    end
  end
end)
