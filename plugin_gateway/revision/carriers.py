"""A carrier: an allowed operation whose calls carry calls of other operations, which the gateway does not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway import methods
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.shape.pointer import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Operation, OperationKey

_GRAPHQL_TYPES: Final = frozenset({"application/graphql", "application/graphql+json"})
_ATOMIC: Final = "jsonapi.org/ext/atomic"
_METHODS: Final = frozenset({"method", "httpmethod", "verb"})
_TARGETS: Final = frozenset({"url", "uri", "path", "relativeurl", "href", "endpoint", "resource"})


def find_carriers(document: Document, entries: Mapping[OperationKey, int]) -> Iterator[Finding]:
    """Warn of allowed operations that make the allow-list moot, by the signs in the document.

    `document` is 3.0 or later; `entries` maps each allowed operation to the index of its entry in `allow`.
    """
    for key, index in entries.items():
        operation = document.operations.get(key)
        if operation is not None and (sign := _sign_of(operation, document)):
            yield Finding(
                rule="carries-other-calls",
                severity=Severity.WARNING,
                message=f"`{key}` {sign}, and the gateway does not judge those calls: its callers can reach the whole API",
                hint="remove the entry, and allow the operations themselves",
                pointer=("allow", index),
            )


def _sign_of(operation: Operation, document: Document) -> str:
    """Say how calls of an operation carry other calls; an empty text if nothing shows that they do."""
    place = operation.key.path.partition("?")[0].rstrip("/").rpartition("/")[2].lower()
    bodies = [*_bodies(operation, document)]
    takes_query = any(one.get("name") == "query" for one in declared_parameters(operation, document))
    is_graphql = place == "graphql" and (takes_query or operation.key.method not in methods.SAFE)
    if is_graphql or any(name in _GRAPHQL_TYPES or _is_graphql(schema, document) for name, schema in bodies):
        return "takes GraphQL, in which a query names any field of the API"
    if place == "$batch" and operation.key.method not in methods.SAFE:
        return "is OData's batch, whose body has other calls in it"
    for name, schema in bodies:
        if name == "application/http" or _ATOMIC in name:
            return f"takes {name}, whose parts are other calls"
        if names := _calls_in(schema, document):
            return f"takes a list of calls, each with `{names[0]}` and `{names[1]}`"
    return ""


def _bodies(operation: Operation, document: Document) -> Iterator[tuple[str, Any]]:
    body = follow(operation.node.get("requestBody"), document)
    content = body.get("content") if body else None
    for name, node in content.items() if isinstance(content, dict) else ():
        media_type = node if isinstance(node, dict) else {}
        plain = name.lower() if _ATOMIC in name.lower() else name.partition(";")[0].strip().lower()
        yield plain, media_type.get("schema")
        encoding = media_type.get("encoding")
        for part in encoding.values() if isinstance(encoding, dict) else ():
            if isinstance(part, dict) and str(part.get("contentType", "")).lower().startswith("application/http"):
                yield "application/http", None


def _is_graphql(schema: Any, document: Document) -> bool:
    names = _properties(schema, document)
    return "query" in names and "variables" in names


def _calls_in(schema: Any, document: Document) -> tuple[str, str] | None:
    """Return the names of the method and of the target in each call of a list: the body, or a member of it."""
    members = [schema, *_properties(schema, document).values()]
    for part in parts_of(document, members):
        items = part.get("items") if isinstance(part, dict) else None
        names = {_plain(name): name for name in _properties(items, document)}
        methods_there, targets = sorted(_METHODS & names.keys()), sorted(_TARGETS & names.keys())
        if methods_there and targets:
            return names[methods_there[0]], names[targets[0]]
    return None


def _properties(schema: Any, document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts_of(document, [schema]):
        properties = part.get("properties") if isinstance(part, dict) else None
        found |= properties if isinstance(properties, dict) else {}
    return found


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
