# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Redis server does as one, in Lua: nothing else is done between two lines of a script.

The keys, after the prefix:

    kind:KIND            a hash: revision, the last one; forgotten, that of the last removal that is
                         not known any more; life, the moment that the kind was first used at
    there:KIND           a sorted set of the ids of documents, by the revision they came with
    gone:KIND            one of ids that were removed, by the revision of that
    over:KIND            one of ids whose time ends, by the moment of that in milliseconds
    document:KIND:ID     a hash: document, revision
    lease:NAME           a hash: holder, fence
    fence                the last fence that was given
    allowed:NAME         a sorted set of moments in microseconds

Moments are those of the server, so the clocks of the nodes do not count. Revisions and fences are
moments too, in microseconds, or one more than the last one: those of before are lower also when the
server has lost what it had.
"""

from __future__ import annotations

from ..shared import LONGEST_LEASE

MOST_GONE = 500
"""Most removed documents of a kind that are remembered, to be told of."""
PAGE = 200
"""Most documents that are told at once."""

_CLOCK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
"""

_FENCE = """
if ARGV[2] ~= '' and redis.call('HGET', KEYS[5], 'fence') ~= ARGV[2] then return '' end
"""

_DOCUMENTS = f"""{_CLOCK}
local state, there, gone, over = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local function key(name) return ARGV[1] .. name end
local life = redis.call('HGET', state, 'life')
if not life then
  life = whole(now)
  redis.call('HSET', state, 'life', life)
end
local function next_revision()
  local last = tonumber(redis.call('HGET', state, 'revision') or 0)
  local revision = whole(math.max(last + 1, now))
  redis.call('HSET', state, 'revision', revision)
  return revision
end
local function remove(name)
  redis.call('DEL', key(name))
  redis.call('ZREM', there, name)
  redis.call('ZREM', over, name)
  redis.call('ZADD', gone, next_revision(), name)
  local many = redis.call('ZCARD', gone) - {MOST_GONE}
  if many > 0 then
    local last = redis.call('ZRANGE', gone, many - 1, many - 1, 'WITHSCORES')
    redis.call('HSET', state, 'forgotten', last[2])
    redis.call('ZREMRANGEBYRANK', gone, 0, many - 1)
  end
end
local function put(name, document, milliseconds)
  local revision = next_revision()
  redis.call('HSET', key(name), 'document', document, 'revision', revision)
  redis.call('ZADD', there, revision, name)
  redis.call('ZREM', gone, name)
  if milliseconds == '' then
    redis.call('PERSIST', key(name))
    redis.call('ZREM', over, name)
  else
    local moment = whole(math.floor(now / 1000) + milliseconds)
    redis.call('PEXPIREAT', key(name), moment)
    redis.call('ZADD', over, moment, name)
  end
  return revision
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', over, '-inf', whole(math.floor(now / 1000)))) do
  remove(name)
end
"""

PUT = f"""{_DOCUMENTS}{_FENCE}
return put(ARGV[3], ARGV[4], ARGV[5])
"""
"""Keys: kind, there, gone, over, lease. Arguments: what keys of documents begin with, fence, id,
document, milliseconds. Returns the revision, or nothing when the lease is lost."""

REMOVE = f"""{_DOCUMENTS}{_FENCE}
if redis.call('ZSCORE', there, ARGV[3]) then remove(ARGV[3]) end
return '1'
"""
"""Keys as for PUT. Arguments: what keys of documents begin with, fence, id. Returns nothing when
the lease is lost."""

ADD = f"""{_DOCUMENTS}
local found = redis.call('HMGET', key(ARGV[2]), 'document', 'revision')
if found[1] then return found end
return {{ARGV[3], put(ARGV[2], ARGV[3], '')}}
"""
"""Keys: kind, there, gone, over. Arguments: what keys of documents begin with, id, document.
Returns the document that is there, and its revision."""

CHANGES = f"""{_DOCUMENTS}
local last = tonumber(redis.call('HGET', state, 'revision') or 0)
local forgotten = tonumber(redis.call('HGET', state, 'forgotten') or 0)
local since = tonumber(ARGV[2])
local is_whole = since < 1 or since < forgotten or since > last
if is_whole then since = 0 end
local after = '(' .. whole(since)
local names = redis.call('ZRANGEBYSCORE', there, after, '+inf', 'WITHSCORES', 'LIMIT', 0, {PAGE})
local till, more = whole(last), 0
if #names == {2 * PAGE} then till, more = names[#names], 1 end
local puts = {{}}
for place = 1, #names, 2 do
  local document = redis.call('HGET', key(names[place]), 'document')
  if document then
    puts[#puts + 1] = names[place]
    puts[#puts + 1] = document
    puts[#puts + 1] = names[place + 1]
  end
end
local removed = {{}}
if not is_whole then removed = redis.call('ZRANGEBYSCORE', gone, after, till) end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return {{run .. ' ' .. life, is_whole and 1 or 0, till, more, puts, removed}}
"""
"""Keys: kind, there, gone, over. Arguments: what keys of documents begin with, since. Returns which
life of the server and of the kind it tells of, whether it begins with all there is, the revision up
to which it tells, whether there is more, ids with documents and revisions, and the ids that are
gone."""

LEASE = f"""{_CLOCK}
local holder = redis.call('HGET', KEYS[1], 'holder')
local is_sound = redis.call('PTTL', KEYS[1]) <= {LONGEST_LEASE * 1000:.0f}
if holder and holder ~= ARGV[1] and is_sound then return '' end
local fence = whole(math.max(tonumber(redis.call('GET', KEYS[2]) or 0) + 1, now))
redis.call('SET', KEYS[2], fence)
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'fence', fence)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return fence
"""
"""Keys: lease, fence. Arguments: holder, milliseconds. Returns the fence, or nothing."""

RENEW = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return '' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return '1'
"""
"""Keys: lease. Arguments: fence, milliseconds. Returns nothing when the lease is lost."""

RELEASE = """
if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return '1'
"""
"""Keys: lease. Arguments: fence."""

ALLOW = f"""{_CLOCK}
local most, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now - window))
local count = redis.call('ZCARD', KEYS[1])
if count < most then
  local last = redis.call('ZRANGE', KEYS[1], -1, -1)[1]
  local moment = whole(math.max(now, (tonumber(last) or 0) + 1))
  redis.call('ZADD', KEYS[1], moment, moment)
  redis.call('PEXPIRE', KEYS[1], whole(math.ceil(window / 1000) + 1))
  return '0'
end
if most < 1 then return whole(window) end
local first = redis.call('ZRANGE', KEYS[1], count - most, count - most)[1]
return whole(math.max(1, first + window - now))
"""
"""Keys: allowed. Arguments: most, microseconds. Returns microseconds to wait for, 0 for none."""

ALLOWED = f"""{_CLOCK}
local after = '(' .. whole(now - tonumber(ARGV[1]))
return whole(#redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf'))
"""
"""Keys: allowed. Arguments: microseconds. Returns how many there are."""
