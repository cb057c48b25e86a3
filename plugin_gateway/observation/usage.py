"""The usage of an operation: everything that was seen in its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from plugin_gateway.openapi.parameters import declared_parameters
from plugin_gateway.openapi.refs import split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.observation.records import SeenCall
    from plugin_gateway.openapi.document import Document, Operation, OperationKey

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
        """Return the deepest fields of replies, if every reply had fields."""
        if self.has_other_replies:
            return []
        tokens = {split_pointer(pointer) for pointer in self.replies}
        inner = {one[:length] for one in tokens for length in range(1, len(one))}
        return sorted(pointer for pointer in self.replies if pointer and split_pointer(pointer) not in inner)

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
