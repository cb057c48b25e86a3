"""The door: who may come in to a revision, and what each of them may do there."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.callers.consumers import NO_CONSUMER, Identity, find_consumer
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from plugin_gateway.callers.authenticator import Authenticator
    from plugin_gateway.gate.permit import Permit
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision import Revision

    Judge: TypeAlias = Callable[[bytes, bytes], Permit | Refusal]


class Access:
    """What one consumer may do: its gate's verdicts, its documents, and its name in records."""

    __slots__ = ("consumer", "faces", "judge")

    def __init__(self, consumer: str, judge: Judge, faces: Mapping[str, Face]) -> None:
        self.consumer = consumer
        self.judge = judge
        self.faces = faces


class Door:
    """Lets in whom the authenticator knows, to what the revision has for them."""

    def __init__(self, revision: Revision, authenticator: Authenticator) -> None:
        self.authenticator = authenticator
        self._revision = revision
        self._consumers = revision.callers.consumers
        self._accesses: dict[tuple[int | None, str], Access] = {}

    @property
    def has_public_documents(self) -> bool:
        return self.authenticator.authentication.has_public_documents

    @property
    def has_own_documents(self) -> bool:
        """Whether different callers are shown different documents."""
        return bool(self._consumers)

    def recall(self, request: RequestFields) -> Access | None:
        """Return what was found of these very field lines before, while it is still good."""
        access = request.access
        if request.admitted_by is self and isinstance(access, Access) and time() < request.admitted_until:
            return access
        return None

    def admit(self, request: RequestFields, address: str) -> Access | Refusal | Awaitable[Access | Refusal]:
        """Judge the credential of a request from a client address; remember on the request what is not refused."""
        found = self.authenticator.identify(request.authorizations, address)
        if isinstance(found, Identity):
            return self._remembered(request, found)
        return found if isinstance(found, Refusal) else self._later(request, found)

    async def ask(self, authorizations: Sequence[bytes], address: str) -> Access | Refusal:
        """Judge the values of the Authorization fields of a request that the app answers."""
        found = self.authenticator.identify(authorizations, address)
        if not isinstance(found, Identity | Refusal):
            found = await found
        return found if isinstance(found, Refusal) else self._access(found)

    async def _later(self, request: RequestFields, found: Awaitable[Identity | Refusal]) -> Access | Refusal:
        identity = await found
        return identity if isinstance(identity, Refusal) else self._remembered(request, identity)

    def _remembered(self, request: RequestFields, identity: Identity) -> Access | Refusal:
        access = self._access(identity)
        if isinstance(access, Access):
            request.admitted_by, request.admitted_until, request.access = self, identity.good_until, access
        return access

    def _access(self, identity: Identity) -> Access | Refusal:
        if not self._consumers:
            revision = self._revision
            return self._shared(None, identity.name, revision.gate.judge, revision.faces)
        index = find_consumer(self._consumers, identity)
        if index is None:
            return NO_CONSUMER
        view = self._revision.views[index]
        return self._shared(index, view.consumer, view.gate.judge, view.faces)

    def _shared(self, index: int | None, name: str, judge: Judge, faces: Mapping[str, Face]) -> Access:
        # There are as many of these as there are names in the operator's files: callers cannot make more.
        access = self._accesses.get((index, name))
        if access is None:
            access = self._accesses[index, name] = Access(name, judge, faces)
        return access
