"""The rules for forms: what the gateway does with url-encoded and multipart bodies, from their description and the trims."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.describe.body_trims import AS_JSON, AS_PAIRS, encoding_of, items_of
from plugin_gateway.shape.media_type import is_json
from plugin_gateway.shape.pointer import array_places
from plugin_gateway.shape.request.field_edit import FieldEdit
from plugin_gateway.shape.request.form_body import FormBody, FormEdit, fold_field
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.request.multipart_body import MultipartBody
from plugin_gateway.shape.request.multipart_edit import MultipartEdit, is_part_name, part_of
from plugin_gateway.shape.values.json_text import json_ascii, json_octets
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.scalar import UnwritableError, escape, plain
from plugin_gateway.shape.values.style import deep_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.describe.body_trims import BodyTrims
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.pointer import Pointers
    from plugin_gateway.shape.values.validator import Validator


def form_body(
    shaping: Shaping, node: JsonObject, source: JsonObject, trims: BodyTrims, validator: Validator | None
) -> FormBody | None:
    """Return the object that judges and edits forms; None if they pass as they come.

    `node` is the media type as clients see it, `source` as the document has it.
    """
    schema = node.get("schema", True)
    change: FormEdit | None = None
    if not trims.is_nothing:
        pairs = _fixed(shaping, source, trims)
        added = b"&".join(f"{escape(one.name)}={escape(one.text)}".encode() for one in pairs)
        change = _form_edit(shaping, source, trims)._replace(added=added)
    if validator is None and change is None:
        return None
    return FormBody(validator, kind_of(schema, shaping.document), _styles(node), change)


def multipart_body(
    shaping: Shaping, node: JsonObject, source: JsonObject, trims: BodyTrims, validator: Validator | None
) -> MultipartBody | None:
    """Return the object that judges and edits multipart bodies; None if they pass as they come. See `form_body`."""
    schema = node.get("schema", True)
    if validator is None and trims.is_nothing:
        return None
    styles = tuple((name, style._replace(escapes="none")) for name, style in _styles(node))
    unescaped = Style("form", explode=True, name="", escapes="none")
    form = FormBody(validator, kind_of(schema, shaping.document), styles, plain=unescaped)
    if trims.is_nothing:
        return MultipartBody(form)
    change = _form_edit(shaping, source, trims)
    added: list[bytes] = []
    for one in _fixed(shaping, source, trims):
        if is_part_name(one.name):
            added.append(part_of(one.name, one.text, is_json=one.is_json))
        else:
            shaping.findings.append(_unwritable(shaping, one.tokens))
    for inner in change.inner:
        if inner.missing() is not None and not is_part_name(inner.name):
            tokens = next(tokens for tokens in trims.fixed if tokens[0] == inner.name)
            shaping.findings.append(_unwritable(shaping, tokens))
    return MultipartBody(form, MultipartEdit(change, tuple(added)))


class _Fixed(NamedTuple):
    """A pair of a form that gateway.yaml fixes, and its pointer."""

    tokens: Tokens
    name: str
    text: str
    is_json: bool = False


def _fixed(shaping: Shaping, source: JsonObject, trims: BodyTrims) -> Iterator[_Fixed]:
    """Yield the pairs that are the same in each form."""
    for tokens, value in trims.fixed.items():
        field, encoding = tokens[0], encoding_of(source, tokens[0])
        if encoding == AS_JSON:
            if len(tokens) == 1:
                yield _Fixed(tokens, field, json_ascii(value), is_json=True)
            continue
        name = field + "".join(f"[{token}]" for token in tokens[1:])
        try:
            pairs = (
                deep_members(name, value) if encoding == AS_PAIRS else [(name, plain(item)) for item in items_of(value)]
            )
        except UnwritableError as error:
            shaping.findings.append(_finding(shaping, tokens, f"the value of `{join_pointer(tokens)}` {error}"))
        else:
            yield from (_Fixed(tokens, *pair) for pair in pairs)


def _form_edit(shaping: Shaping, source: JsonObject, trims: BodyTrims) -> FormEdit:
    keep = trims.keep if trims.keep is None else frozenset(fold_field(tokens[0]) for tokens in trims.keep)
    removes = frozenset(fold_field(tokens[0]) for tokens in trims.hidden if len(tokens) == 1)
    return FormEdit(removes, keep, inner=tuple(_field_edits(shaping, source, trims)))


def _field_edits(shaping: Shaping, source: JsonObject, trims: BodyTrims) -> Iterator[FieldEdit]:
    """Yield the edits inside fields."""
    keep, hidden = trims.keep or frozenset(), trims.hidden
    arrays = array_places(shaping.document, source.get("schema", True), keep | hidden)
    for name in sorted({tokens[0] for tokens in keep | hidden if len(tokens) > 1 and tokens[:1] not in hidden}):
        places, kept = _inside(arrays, name), _inside(keep, name)
        removes = compile_edit(None if () in kept or not kept else kept, _inside(hidden, name), {}, places)
        fixed = {tokens[1:]: value for tokens, value in trims.fixed.items() if tokens[0] == name}
        is_json = encoding_of(source, name) == AS_JSON
        octets = {tokens: json_octets(value) for tokens, value in fixed.items() if is_json}
        yield FieldEdit(name, is_json, removes, compile_edit(None, frozenset(), octets, places))


def _inside(pointers: Iterable[Tokens], name: str) -> Pointers:
    return frozenset(tokens[1:] for tokens in pointers if tokens[:1] == (name,))


def _styles(node: JsonObject) -> tuple[tuple[str, Style], ...]:
    """Return how `encoding` says that fields are written."""
    encoding = node.get("encoding")
    return tuple(
        (name, Style("content", explode=False, name=name, is_json=True))
        if is_json(str(one.get("contentType", "")).encode(errors="replace"))
        else (name, Style(str(one.get("style", "form")), explode=one.get("explode", True) is True, name=name))
        for name, one in (encoding if isinstance(encoding, dict) else {}).items()
        if isinstance(one, dict)
    )


def _unwritable(shaping: Shaping, tokens: Tokens) -> Finding:
    message = f"servers read the name of `{join_pointer(tokens)}` in different ways in a multipart body of `{shaping.key}`, so the gateway cannot set it"
    return _finding(shaping, tokens, message)


def _finding(shaping: Shaping, tokens: Tokens, message: str) -> Finding:
    entry = shaping.settings.request_origins.get("fixed", shaping.settings.entry)
    return Finding(
        rule="cannot-trim",
        message=message,
        hint="remove it, or deny the operation",
        pointer=("allow", entry, "request", "fixed", join_pointer(tokens)),
    )
