"""The door: decides which callers a revision lets in, and which access each of them gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.callers.consumers import NO_CONSUMER, Identity, find_consumer
from plugin_gateway.refusal import Refusal
from plugin_gateway.tools.tool_set import NO_TOOLS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from plugin_gateway.callers.authenticator import Authenticator
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import Permit
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.model import View
    from plugin_gateway.tools.tool_set import ToolSet

    Judge: TypeAlias = Callable[[bytes, bytes, Fields], Permit | Refusal]


class Access:
    """The access of one consumer: its gate's judge, its documents and tools, and its name in records."""

    __slots__ = ("consumer", "faces", "gate", "is_lasting", "judge", "tools", "who")

    def __init__(
        self,
        consumer: str,
        judge: Judge,
        faces: Mapping[str, Face],
        gate: Gate | None = None,
        tools: ToolSet = NO_TOOLS,
        *,
        who: str = "",
        is_lasting: bool = False,
    ) -> None:
        self.consumer = consumer
        self.who = who
        """The caller's identity, if approvals must tell the callers of one consumer apart. It appears in no record."""
        self.judge = judge
        self.faces = faces
        self.gate = gate
        """The gate of `judge`, which the writers of tool requests ask; None if there are no tools."""
        self.tools = tools
        self.is_lasting = is_lasting
        """Whether every caller has this access as long as the revision is served. An access from a door expires."""


class Door:
    """Lets in the callers that the authenticator identifies, with the access that the revision gives them."""

    def __init__(self, revision: Revision, authenticator: Authenticator) -> None:
        self.authenticator = authenticator
        self._revision = revision
        self._consumers = revision.callers.consumers
        self._tells_callers_apart = revision.needs_approvals
        self._accesses: dict[tuple[int | None, str, str], Access] = {}

    @property
    def has_public_documents(self) -> bool:
        return self.authenticator.authentication.has_public_documents

    @property
    def has_own_documents(self) -> bool:
        """Whether different callers are shown different documents."""
        return bool(self._consumers)

    def admit(self, block: FieldBlock, address: str) -> Access | Refusal | Awaitable[Access | Refusal]:
        """Judge the credential of a request from a client address; remember an access in the field block."""
        found = self.authenticator.identify(block.request.authorizations, address)
        if isinstance(found, Identity):
            return self._noted(block, found)
        return found if isinstance(found, Refusal) else self._later(block, found)

    async def ask(self, authorizations: Sequence[bytes], address: str) -> Access | Refusal:
        """Judge the values of the Authorization fields of a request that the app answers."""
        found = self.authenticator.identify(authorizations, address)
        if not isinstance(found, Identity | Refusal):
            found = await found
        return found if isinstance(found, Refusal) else self._access(found)

    async def _later(self, block: FieldBlock, found: Awaitable[Identity | Refusal]) -> Access | Refusal:
        identity = await found
        return identity if isinstance(identity, Refusal) else self._noted(block, identity)

    def _noted(self, block: FieldBlock, identity: Identity) -> Access | Refusal:
        access = self._access(identity)
        if isinstance(access, Access):
            block.keep_access(access, identity.good_until)
        return access

    def _access(self, identity: Identity) -> Access | Refusal:
        # An approval that one caller got must not serve another one of the same consumer.
        who = (identity.token or identity.user) if self._tells_callers_apart else ""
        if not self._consumers:
            return self._shared(None, identity.name, self._revision, who)
        index = find_consumer(self._consumers, identity)
        if index is None:
            return NO_CONSUMER
        view = self._revision.views[index]
        return self._shared(index, view.consumer, view, who)

    def _shared(self, index: int | None, name: str, seen: Revision | View, who: str) -> Access:
        # The cache is bounded by the names in the operator's files, and by the users whom a provider knows if calls need
        # approval; callers cannot add entries.
        key = index, name, who
        access = self._accesses.get(key)
        if access is None:
            access = self._accesses[key] = Access(name, seen.gate.judge, seen.faces, seen.gate, seen.tools, who=who)
        return access
