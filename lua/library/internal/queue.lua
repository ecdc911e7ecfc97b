---A queue of tables, linked by their field next: a table by position would keep
---room for all that ever were in it.
local Queue = {}
Queue.__index = Queue

function Queue:push(item)
  if self.last then self.last.next = item else self.first = item end
  self.last = item
  self.n = self.n + 1
end

---Puts an item before all others.
function Queue:pushFirst(item)
  item.next = self.first
  self.first = item
  self.last = self.last or item
  self.n = self.n + 1
end

---Takes the first item; nil when there is none.
function Queue:take()
  local item = self.first
  if not item then return nil end
  self.first, item.next = item.next, nil
  if not self.first then self.last = nil end
  self.n = self.n - 1
  return item
end

return function() return setmetatable({n = 0}, Queue) end
