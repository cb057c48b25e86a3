"""Field mentions: texts of an operation that name a member of its bodies which clients no longer see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.refs import split_pointer
from plugin_gateway.shape.describe.parameter_mentions import operation_texts, word_of
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Document, JsonObject
    from plugin_gateway.shape.describe.shaping import Shaping

_OVERLAY: Final = "change it by an overlay"
# Every text has words such as `name` and `state`. So a name that gateway.yaml does not spell out must look like an identifier.
_is_name: Final = re.compile(r"[A-Za-z]+[a-z0-9][A-Z].*|.*[_\d-].*").fullmatch
_SHORTEST: Final = 2


def find_field_mentions(shaping: Shaping) -> None:
    """Warn of the texts that name a member which `request` or `response` removes from all bodies of the operation."""
    settings = shaping.settings
    if not (settings.request.written | (settings.response.written - {"links", "select"})):
        return
    before, _ = _read(shaping.described, shaping.document)
    after, texts = _read(shaping.node, shaping.document)
    gone = {name: place for name, place in _taken(shaping) if name not in after}
    for part, origins in (("request", settings.request_origins), ("response", settings.response_origins)):
        for name in sorted(before - after) if "keep" in origins else ():
            if _is_name(name):
                gone.setdefault(name, ("allow", origins["keep"], part, "keep"))
    for name, place in gone.items():
        word = word_of(name)
        mentions = [(where, hint) for where, text, hint in _own_texts(shaping) if word.search(text)]
        mentions += [("the document", _OVERLAY) for text in texts if word.search(text)]
        if mentions:
            where, hint = mentions[0]
            more = f", as do {len(mentions) - 1} more of its texts" if len(mentions) > 1 else ""
            shaping.findings.append(
                Finding(
                    rule="dropped-field-named",
                    message=f"{where} of `{shaping.key}` names `{name}`, which clients do not see{more}",
                    hint=f"clients can read it: {hint}",
                    severity=Severity.WARNING,
                    pointer=place,
                )
            )


def _taken(shaping: Shaping) -> Iterator[tuple[str, Pointer]]:
    """Yield the names that gateway.yaml spells out, and their places there."""
    settings = shaping.settings
    trims = (
        ("request", settings.request, settings.request_origins),
        ("response", settings.response, settings.response_origins),
    )
    for part, trim, origins in trims:
        for setting in ("drop", "fixed"):
            pointers = trim.pointers.get(setting, ())
            for index, pointer in enumerate(pointers):
                name = split_pointer(pointer)[-1]
                if name != ANY and len(name) >= _SHORTEST:
                    at = origins.get(setting, settings.entry)
                    yield name, ("allow", at, part, setting, pointer if isinstance(pointers, dict) else index)


def _own_texts(shaping: Shaping) -> Iterator[tuple[str, str, str]]:
    """Yield each text that gateway.yaml can replace: its place, the text, and the setting that replaces it."""
    for where, own_text, key in operation_texts(shaping):
        yield where, own_text, f"set {key}"
    old_names = {(place, new): old for (place, old), new in shaping.shape.names.renamed}
    for parameter in shaping.node.get("parameters") or ():
        node = follow(parameter, shaping.document) or {}
        if isinstance(text := node.get("description"), str):
            name = node.get("name")
            old_name = old_names.get((str(node.get("in")), str(name)), name)
            hint = f"set `parameters: {{{old_name}: {{description: …}}}}`"
            yield f"the description of the parameter `{name}`", text, hint


def _read(operation: JsonObject, document: Document) -> tuple[set[str], list[str]]:
    """Return the names of all parameters and members of an operation, and the texts of its bodies."""
    names: set[str] = set()
    texts: list[str] = []
    for parameter in operation.get("parameters") or ():
        names.add(str((follow(parameter, document) or {}).get("name")))
    body = follow(operation.get("requestBody"), document)
    responses = operation.get("responses")
    answers = [follow(one, document) for one in responses.values()] if isinstance(responses, dict) else []
    seen: set[int] = set()
    for holder in filter(None, (body, *answers)):
        if isinstance(text := holder.get("description"), str):
            texts.append(text)
        content = holder.get("content")
        for media_type in content.values() if isinstance(content, dict) else ():
            node = follow(media_type, document)
            _walk((node or {}).get("schema"), document, names, texts, seen)
    return names, texts


def _walk(schema: Any, document: Document, names: set[str], texts: list[str], seen: set[int]) -> None:
    stack = [schema]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            stack += node
        if not isinstance(node, dict):
            continue
        if isinstance(node.get("$ref"), str):
            stack.append(follow(node, document))
        for key, value in node.items():
            if key in ("properties", "patternProperties") and isinstance(value, dict):
                names.update(value)
                stack += value.values()
            elif key == "description" and isinstance(value, str):
                texts.append(value)
            elif key not in ("example", "examples", "default", "enum", "const"):
                stack.append(value)
