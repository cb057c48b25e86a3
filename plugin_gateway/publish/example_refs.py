"""References in examples: they are data to the standard, but clients follow every `$ref` and fail if it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import places_of, typed_nodes
from plugin_gateway.openapi.refs import RefError, resolve

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject

_HAVE_EXAMPLES = frozenset({ObjectKind.PARAMETER, ObjectKind.HEADER, ObjectKind.MEDIA_TYPE})
_VALUES = ("value", "dataValue")


def drop_dangling_examples(root: JsonObject) -> tuple[Finding, ...]:
    """Remove each example with a broken reference from `root`, in place. The findings are warnings."""
    dropped = dict[str, "JsonObject"]()  # the first object that has the example, by reference
    for kind, node in typed_nodes(root):
        if kind in _HAVE_EXAMPLES and isinstance(examples := node.get("examples"), dict):
            for name in [
                name for name, example in examples.items() if _has_dangling_value(root, example, node, dropped)
            ]:
                del examples[name]
            if not examples:
                del node["examples"]
        if (kind in _HAVE_EXAMPLES or kind is ObjectKind.SCHEMA) and _is_dangling(
            root, node.get("example"), node, dropped
        ):
            del node["example"]
        if kind is ObjectKind.SCHEMA and isinstance(entries := node.get("examples"), list):
            kept = [entry for entry in entries if not _is_dangling(root, entry, node, dropped)]
            if len(kept) < len(entries):
                node["examples"] = kept
                if not kept:
                    del node["examples"]
        if kind is ObjectKind.EXAMPLE:
            # Keep the rest of an Example Object: it may be a component that others refer to.
            for name in _VALUES:
                if _is_dangling(root, node.get(name), node, dropped):
                    del node[name]
    return tuple(
        Finding(
            rule="example-left-out",
            message=f"an example refers to {ref!r}, which is not in the served document: it is left out",
            hint="write the referenced value into the example",
            severity=Severity.WARNING,
            pointer=place,
        )
        for ref, place in zip(dropped, places_of(list(dropped.values()), root), strict=True)
    )


def _has_dangling_value(root: JsonObject, example: Json, holder: JsonObject, dropped: dict[str, JsonObject]) -> bool:
    return isinstance(example, dict) and any(_is_dangling(root, example.get(name), holder, dropped) for name in _VALUES)


def _is_dangling(root: JsonObject, value: Json, holder: JsonObject, dropped: dict[str, JsonObject]) -> bool:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str) and not _leads_somewhere(root, ref):
                dropped.setdefault(ref, holder)
                return True
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return False


def _leads_somewhere(root: JsonObject, ref: str) -> bool:
    if not ref.startswith("#/"):
        return False  # a reference to another document, to an anchor, or to the whole document
    try:
        resolve(root, ref)
    except RefError:
        return False
    return True
