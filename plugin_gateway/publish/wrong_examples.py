"""Wrong examples: examples that their own schema refuses. Models copy them into calls, and validating clients fail on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.value_check import ValueCheck
from plugin_gateway.openapi.nodes import places_of, typed_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.mend.value_check import Effort

_SHOWN_CHARACTERS: Final = 60


def drop_wrong_examples(root: JsonObject, effort: Effort | None = None) -> tuple[Finding, ...]:
    """Remove each example that its schema certainly refuses from `root` (3.x), in place. The finding is a warning."""
    check = ValueCheck(Document(root=root, name=""), effort)
    dropped: list[tuple[JsonObject, Json]] = []  # the object that had the example, and the example
    for kind, node in typed_nodes(root):
        match kind:
            case ObjectKind.SCHEMA:
                dropped += _drop(check, node, node)
            case ObjectKind.PARAMETER | ObjectKind.HEADER:
                dropped += _drop(check, node, node.get("schema"))
            case _:
                pass
        for name, media_type in _media_types(kind, node):
            if "json" in name:  # examples of other media types are strings
                dropped += _drop(check, media_type, media_type.get("schema"))
    if not dropped:
        return ()
    holder, value = dropped[0]
    shown = json.dumps(value, ensure_ascii=False, default=str)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[: _SHOWN_CHARACTERS - 1] + "…"
    if len(dropped) > 1:
        message = f"{len(dropped)} examples are left out because their schemas refuse the values, such as {shown}"
    else:
        message = f"an example is left out because its schema refuses the value: {shown}"
    return (
        Finding(
            rule="example-left-out",
            message=message,
            hint="fix the example or its schema in the document",
            severity=Severity.WARNING,
            pointer=places_of([holder], root)[0],
        ),
    )


def _media_types(kind: ObjectKind, node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    content = (
        node.get("content")
        if kind in (ObjectKind.REQUEST_BODY, ObjectKind.RESPONSE, ObjectKind.PARAMETER, ObjectKind.HEADER)
        else None
    )
    if isinstance(content, dict):
        yield from ((name, media_type) for name, media_type in content.items() if isinstance(media_type, dict))


def _drop(check: ValueCheck, holder: JsonObject, schema: Json) -> Iterator[tuple[JsonObject, Json]]:
    """Remove the wrong examples of one object, and yield each value with that object."""
    if not isinstance(schema, dict):
        return
    if "example" in holder and check.refuses(schema, holder["example"]):
        yield holder, holder.pop("example")
    examples = holder.get("examples")
    if isinstance(examples, list):
        # Only schemas have a list of examples.
        judged = [(value, check.refuses(schema, value)) for value in examples]
        holder["examples"] = [value for value, is_wrong in judged if not is_wrong]
        yield from ((holder, value) for value, is_wrong in judged if is_wrong)
    elif isinstance(examples, dict):
        for name, example in list(examples.items()):
            if isinstance(example, dict) and "value" in example and check.refuses(schema, example["value"]):
                yield holder, examples.pop(name)["value"]
    if examples is not None and not holder["examples"]:
        del holder["examples"]
