-- How Argo CD shows a DCCServer or an UnsubscriptionRequest. Progressing: it goes on, or will by itself once what stands in
-- the way is gone. Suspended: it waits for a decision of people, or a time that they set. Degraded: without a person it
-- never ends well. Argo CD runs this without Lua's string library, and for a second at most.
local metadata = obj.metadata
local status = obj.status or {}

local function condition(name)
  for _, one in ipairs(status.conditions or {}) do
    if one.type == name then return one end
  end
  return { type = name, status = "Unknown", reason = "NotReported", message = "Nothing is reported yet." }
end

local ready = condition("Ready")

local function holds(name)
  return condition(name).status == "True"
end

local function unseen()
  return status.observedGeneration ~= metadata.generation
end

local function named(blocker)
  if blocker.server == "" then return blocker.reason end
  return blocker.reason .. " of " .. blocker.server
end

-- The first blocker in full, two more by name, and the number of the rest.
local function inWay()
  local blockers = status.blockers or {}
  local first = blockers[1]
  if first == nil then return ready.reason .. ": " .. ready.message end
  local others = {}
  for index = 2, #blockers do
    if index <= 3 then table.insert(others, named(blockers[index])) end
  end
  local text = named(first) .. ": " .. first.message .. " " .. first.remedy
  local rest = (status.blockerCount or #blockers) - 1 - #others
  if #others > 0 then text = text .. " Also: " .. table.concat(others, ", ") end
  if rest > 0 then return text .. " and " .. rest .. " more." end
  if #others > 0 then return text .. "." end
  return text
end

-- What our finalizers wait for.
local waitsFor = {
  ["dcc-operator.io/drain"] = "its virtual machines are gone, their data is safe and no order is open",
  ["dcc-operator.io/placement"] = "it is known what became of every order",
}

-- Ready names what is still in the way; of a server it says itself what the deletion waits for.
local function deleting()
  local parts, reason = { "Being deleted." }, nil
  for _, finalizer in ipairs(metadata.finalizers or {}) do
    reason = reason or waitsFor[finalizer]
    local whose = waitsFor[finalizer] and "" or " of somebody else"
    table.insert(parts, "Held by the finalizer " .. finalizer .. whose .. ".")
  end
  if reason ~= nil and (unseen() or ready.reason ~= "Deleting") then
    table.insert(parts, "It waits until " .. reason .. ".")
  end
  if reason ~= nil then
    table.insert(parts, unseen() and "The operator has not looked at it since." or ready.message)
  end
  return table.concat(parts, " ")
end

local function health(word, message)
  return { status = word, message = message }
end

-- Reasons, of blockers and of Ready, for which only people or a time that they set stand in the way.
local waitsForPeople = {
  AwaitingApproval = true,
  ApprovedPlanDiffers = true,
  Held = true,
  Halted = true,
  Suspended = true,
  ObserveOnly = true,
  NotBefore = true,
}

-- Ready says Blocked when an approval was voided, too: that is for people alone, unless something else is in the way.
local function onlyPeopleBlock()
  for _, blocker in ipairs(status.blockers or {}) do
    if not waitsForPeople[blocker.reason] then return false end
  end
  return (status.blockerCount or 0) > 0
end

if metadata.deletionTimestamp ~= nil then
  local answer = health("Progressing", deleting())
  -- Without it Argo CD (3.6 and newer) shows words of its own; older ones always do.
  answer.deletionMessage = answer.message
  return answer
end
if unseen() then
  return health("Progressing", "The operator has not looked at generation " .. metadata.generation ..
    " yet. If it stays so, see whether it runs, and looks after this namespace and these labels.")
end
if holds("Stalled") then return health("Degraded", ready.reason .. ": " .. ready.message) end
if holds("DrainOverdue") then
  return health("Degraded", condition("DrainOverdue").message .. " " .. inWay())
end
if holds("Ready") then return health("Healthy", ready.message) end
if waitsForPeople[ready.reason] or (ready.reason == "Blocked" and onlyPeopleBlock()) then
  return health("Suspended", inWay())
end
if ready.reason == "Blocked" then return health("Progressing", inWay()) end
return health("Progressing", ready.reason .. ": " .. ready.message)
