"""The usage of an operation: everything that was seen in its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from plugin_gateway.observation.fields import ANY
from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.openapi.refs import join_pointer, split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.observation.records import SeenCall
    from plugin_gateway.openapi.document import Document, Operation, OperationKey
    from plugin_gateway.openapi.refs import Tokens

_REFUSED: Final = frozenset({401, 403, 404, 405})
_WITHOUT_CONTENT: Final = frozenset({204, 205})


class Usage(Struct):
    """`has_details` says that sightings have the names of parameters and fields; access logs lack them."""

    calls: int = 0
    """Only in access logs: the same sighting stands for many calls."""
    is_answered: bool = False
    """A call was deliberate, or the API did not refuse it."""
    has_details: bool = False
    parameters: set[tuple[str, str]] = field(default_factory=set)
    """Where each parameter was, and its name."""
    replies: set[str] = field(default_factory=set)
    """JSON pointers of the fields in replies."""
    lists: set[str] = field(default_factory=set)
    """Replies in `replies` that were an array. `*` in them is an item, and not a member without a declared name."""
    has_other_replies: bool = False
    """A successful reply was not JSON."""

    def take(self, call: SeenCall) -> None:
        """Add a call."""
        self.is_answered = self.is_answered or call.is_deliberate or call.status not in _REFUSED
        seen = call.sighting
        if seen is None:
            self.calls += 1
            return
        self.has_details = True
        for place, names in (("query", seen.query), ("header", seen.headers), ("cookie", seen.cookies)):
            self.parameters.update((place, name) for name in names)
        has_content = 200 <= seen.status < 300 and seen.status not in _WITHOUT_CONTENT and seen.method != "HEAD"
        if has_content:
            self.replies.update(seen.response)
            self.lists.update(pointer for pointer, types in seen.response.items() if "array" in types)
            self.has_other_replies = self.has_other_replies or not seen.response

    def unused_parameters(self, operation: Operation, document: Document) -> list[str]:
        """Return the optional parameters that no call had, if there are sightings to show it."""
        if not self.has_details:
            return []
        # A style such as deepObject sends `filter[status]` for `filter`.
        sent = {name.partition("[")[0].casefold() for _, name in self.parameters}
        names = {
            str(one.get("name"))
            for one in declared_parameters(operation, document)
            if one.get("in") in ("query", "header", "cookie") and one.get("required") is not True
        }
        return sorted(name for name in names if name.partition("[")[0].casefold() not in sent)

    def kept_fields(self) -> list[str]:
        """Return the deepest fields of replies, if every reply had fields.

        A member without a declared name stands as `*` in the records. Beside declared members it is left out, because `*` would
        keep all members that the object has.
        """
        if self.has_other_replies:
            return []
        left_out = self._beside_names()
        tokens = {
            one
            for one in map(split_pointer, self.replies)
            if one and not any(one[:length] in left_out for length in range(1, len(one) + 1))
        }
        inner = {one[:length] for one in tokens for length in range(1, len(one))}
        return sorted(join_pointer(one) for one in tokens - inner)

    def has_undeclared_fields(self) -> bool:
        """Whether `kept_fields` leaves out members that the document does not declare."""
        return not self.has_other_replies and bool(self._beside_names())

    def _beside_names(self) -> set[Tokens]:
        """Return the places of `*` beside a named member of an object."""
        tokens = set(map(split_pointer, self.replies))
        named = {one[:-1] for one in tokens if one and one[-1] != ANY} - set(map(split_pointer, self.lists))
        return {one for one in tokens if one and one[-1] == ANY and one[:-1] in named}

    def undeclared(self, operation: Operation, document: Document) -> list[str]:
        """Return the query parameters of calls that the document does not declare. The gateway refuses calls with them."""
        declared = {
            str(one.get("name")) for one in declared_parameters(operation, document) if one.get("in") == "query"
        }
        prefixes = {name.partition("[")[0] for name in declared}
        sent = (name for place, name in self.parameters if place == "query")
        return sorted(name for name in sent if name not in declared and name.partition("[")[0] not in prefixes)


def usage_of(calls: Iterable[SeenCall]) -> Mapping[OperationKey, Usage]:
    """Return the usage of each operation that was called."""
    found: dict[OperationKey, Usage] = {}
    for call in calls:
        if call.key is not None:
            found.setdefault(call.key, Usage()).take(call)
    return found
