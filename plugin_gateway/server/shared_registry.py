"""The shared registry: keeps the approvals of all replicas in Redis, so that any of them can approve or run a call.

It decides as `Desk` does, in one script. Redis runs a script as a whole, so of several equal calls one gets the approval.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.admission.redis_link import RedisLink
from plugin_gateway.approvals.approval import UNAVAILABLE, Approval, Decision, State, Verdict
from plugin_gateway.approvals.desk import MOST, MOST_OF_A_CALLER, Desk
from plugin_gateway.approvals.held_call import from_json, to_json
from plugin_gateway.approvals.link import LinkSigner
from plugin_gateway.approvals.registry import Registry, StoreAwayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.approvals.settings import ApprovalSettings

_KEYS: Final = tuple(
    f"approvals:{name}" for name in ("rows", "texts", "expiries", "pending", "open", "callers", "calls", "key")
)
_KEPT_S: Final = 25 * 3600
"""Longer than any approval. The keys of a gateway that is gone expire then."""

# KEYS are, by the ids of approvals: rows (`state asked_at expires_at is_repeated caller fingerprint`), what approvers see, when
# each expires, when each pending one expires, when each open one (pending or approved) expires; then the number of open ones by
# caller, the ids by fingerprint, and the key of links. All replicas share the time of Redis. The cost of a question does not
# grow with the number of approvals.
_SCRIPT: Final = """
local ROWS, TEXTS, EXPIRIES, PENDING, OPEN, CALLERS, CALLS, LINKS = unpack(KEYS)
local what, new_key, kept_s, id = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

local function words(text)
  local list = {}
  for word in string.gmatch(text, '%S+') do list[#list + 1] = word end
  return list
end
local function read(id)
  local text = redis.call('HGET', ROWS, id)
  if not text then return nil end
  local row = words(text)
  row.id = id
  return row
end
local function is_open(row) return row[1] == 'pending' or row[1] == 'approved' end
local function count(row, by)
  if by > 0 then redis.call('ZADD', OPEN, row[3], row.id) else redis.call('ZREM', OPEN, row.id) end
  if redis.call('HINCRBY', CALLERS, row[5], by) <= 0 then redis.call('HDEL', CALLERS, row[5]) end
end
local function put(row, state)
  local was_open = is_open(row)
  row[1] = state
  redis.call('HSET', ROWS, row.id, table.concat(row, ' '))
  if state == 'pending' then redis.call('ZADD', PENDING, row[3], row.id) else redis.call('ZREM', PENDING, row.id) end
  if was_open and not is_open(row) then count(row, -1) end
  if is_open(row) and not was_open then count(row, 1) end
end
local function forget(id)
  local row = read(id)
  redis.call('ZREM', EXPIRIES, id)
  redis.call('ZREM', PENDING, id)
  redis.call('HDEL', ROWS, id)
  redis.call('HDEL', TEXTS, id)
  if not row then return 0 end
  local left = {}
  for _, other in ipairs(words(redis.call('HGET', CALLS, row[6]) or '')) do
    if other ~= id then left[#left + 1] = other end
  end
  if #left > 0 then redis.call('HSET', CALLS, row[6], table.concat(left, ' ')) else redis.call('HDEL', CALLS, row[6]) end
  if not is_open(row) then return 0 end
  count(row, -1)
  return 1
end

local expired = 0
for _, old in ipairs(redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', now)) do expired = expired + forget(old) end
redis.call('SET', LINKS, new_key, 'NX')
local done, texts = '', {}
local function tell(row)
  for _, text in ipairs({row.id, table.concat(row, ' '), redis.call('HGET', TEXTS, row.id) or ''}) do texts[#texts + 1] = text end
end
if what == 'ask' then
  local _, _, _, _, call, caller, expires_s, most, most_of_caller, text = unpack(ARGV)
  local found = {}
  local ids = redis.call('HGET', CALLS, call) or ''
  for _, other in ipairs(words(ids)) do
    local row = read(other)
    if row and not found[row[1]] then found[row[1]] = row end
  end
  local row = found.approved or found.pending or found.denied
  if found.approved then
    done = 'run'
    put(row, 'executed')
  elseif row then
    done = row[1]
  elseif redis.call('ZCARD', OPEN) >= tonumber(most)
    or tonumber(redis.call('HGET', CALLERS, caller) or 0) >= tonumber(most_of_caller) then
    done = 'full'
  else
    if redis.call('ZCARD', EXPIRIES) >= tonumber(most) then
      for _, old in ipairs(redis.call('ZRANGE', EXPIRIES, 0, -1)) do
        if not redis.call('ZSCORE', OPEN, old) then
          forget(old)
          ids = redis.call('HGET', CALLS, call) or ''
          break
        end
      end
    end
    done = 'new'
    row = {'', string.format('%.3f', now), string.format('%.3f', now + expires_s), found.executed and '1' or '0', caller, call}
    row.id = id
    put(row, 'pending')
    redis.call('HSET', TEXTS, id, text)
    redis.call('ZADD', EXPIRIES, row[3], id)
    redis.call('HSET', CALLS, call, ids .. ' ' .. id)
  end
  if row then tell(row) end
elseif what == 'list' then
  for _, one in ipairs(redis.call('ZRANGE', EXPIRIES, 0, -1)) do
    local row = read(one)
    if row then tell(row) end
  end
else
  local row = read(id)
  if row then
    local is_changed = true
    if what == 'approve' and row[1] == 'pending' then put(row, 'approved')
    elseif what == 'deny' and is_open(row) then put(row, 'denied')
    elseif what == 'give-back' and row[1] == 'executed' then put(row, 'approved')
    else is_changed = false end
    if is_changed then done = 'changed' end
    tell(row)
  end
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, kept_s) end
return {redis.call('GET', LINKS), redis.call('ZCARD', PENDING), expired, done, unpack(texts)}
"""


class SharedRegistry(Registry):
    """Asks Redis. `base` returns the URL under which approvers reach this gateway if the settings name none."""

    def __init__(self, settings: ApprovalSettings, base: Callable[[], str]) -> None:
        """Prepare. The first question opens the connection.

        Raises:
            GatewayError: the redis package is missing, or rejects the URL.
        """
        self._settings = settings
        self._base = base
        self._link = RedisLink(settings.store_url, settings.space)
        self._new_key = secrets.token_hex(32)
        self._key = b""
        self._links = LinkSigner()
        self._pending = 0
        self._counts = dict(Desk().counts)

    def adopt(self, settings: ApprovalSettings) -> bool:
        """Go on with other settings; return whether that is possible."""
        is_possible = (settings.store_url, settings.space) == (self._settings.store_url, self._settings.space)
        if is_possible:
            self._settings = settings
        return is_possible

    @property
    def settings(self) -> ApprovalSettings:
        return self._settings

    @property
    def counts(self) -> dict[str, int]:
        return self._counts

    @property
    def pending(self) -> int:
        """How many calls wait in all replicas, when Redis was last asked."""
        return self._pending

    async def ask(self, held: HeldCall) -> Verdict:
        caller = hashlib.sha256(held.caller.encode(errors="surrogateescape")).hexdigest()
        bounds = self._settings.expires_s, MOST, MOST_OF_A_CALLER
        try:
            kind, rows = await self._run(
                "ask", secrets.token_hex(16), held.fingerprint, caller, *bounds, to_json(held).decode()
            )
        except StoreAwayError:
            return UNAVAILABLE
        if kind == "full":
            return Verdict(kind)
        ((id_, row, _),) = rows
        expires_at = float(row.split()[2])
        if kind == "run":
            self._counts["executed"] += 1
            return Verdict(kind, id_, "", expires_at)
        is_new = kind == "new"
        self._counts["asked"] += is_new
        return Verdict("pending" if is_new else kind, id_, self._url_of(id_), expires_at, is_new)

    async def give_back(self, id_: str) -> None:
        try:
            kind, _ = await self._run("give-back", id_)
        except StoreAwayError:
            # The call is held again, which is safe.
            return
        self._counts["returned"] += kind == "changed"

    async def decide(self, id_: str, decision: Decision) -> tuple[Approval, bool] | None:
        if await self.find(id_) is None:
            # This gateway cannot show the call, so a person here must not decide about it.
            return None
        kind, rows = await self._run(decision.value, id_)
        approvals = _read(rows)
        if not approvals:
            return None
        self._counts[str(approvals[0].state)] += kind == "changed"
        return approvals[0], kind == "changed"

    async def approvals(self) -> list[Approval]:
        _, rows = await self._run("list", "")
        return sorted(_read(rows), key=lambda one: one.asked_at)

    async def find(self, id_: str) -> Approval | None:
        _, rows = await self._run("find", id_)
        return next(iter(_read(rows)), None)

    async def follow(self, token: str) -> Approval | None:
        id_ = token.partition(".")[0]
        approval = await self.find(id_)
        # Only now the key is known for certain.
        return approval if self._links.id_of(token) == id_ else None

    def link_to(self, approval: Approval) -> str:
        return self._url_of(approval.id)

    def _url_of(self, id_: str) -> str:
        base = self._settings.url or self._base()
        return f"{base.rstrip('/')}/approve/{self._links.token_of(id_)}"

    async def _run(self, what: str, *arguments: Any) -> tuple[str, list[tuple[str, str, str]]]:
        """Run the script; return what it did, and the id, row and text of each approval in its answer.

        Raises:
            StoreAwayError: Redis does not answer, or cannot run the script.
        """
        answers = await self._link.run(_SCRIPT, [(_KEYS, (what, self._new_key, _KEPT_S, *arguments))])
        if answers is None or not isinstance(answers[0], list):
            raise StoreAwayError
        key, self._pending, expired, kind, *fields = answers[0]
        self._counts["expired"] += expired
        if key != self._key:
            self._key, self._links = key, LinkSigner(key)
        texts = [text.decode(errors="replace") for text in fields]
        return kind.decode(), list(zip(texts[::3], texts[1::3], texts[2::3], strict=True))


def _read(rows: list[tuple[str, str, str]]) -> list[Approval]:
    """Return the approvals. A call that a replica of another version wrote in another form is left out."""
    approvals = []
    for id_, row, text in rows:
        try:
            state, asked_at, expires_at, is_repeated, _, _ = row.split()
            approval = Approval(
                id_, from_json(text.encode()), float(asked_at), float(expires_at), is_repeated=is_repeated == "1"
            )
            approval.state = State(state)
        except ValueError:
            continue
        approvals.append(approval)
    return approvals
