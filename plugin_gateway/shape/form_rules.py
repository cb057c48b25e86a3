"""The rules for forms: what the gateway does with url-encoded and multipart bodies, from their description and the trims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.form_body import FormBody, FormEdit, fold_field
from plugin_gateway.shape.kind import kind_of
from plugin_gateway.shape.media_type import is_json
from plugin_gateway.shape.multipart_body import MultipartBody
from plugin_gateway.shape.multipart_edit import MultipartEdit, part_of
from plugin_gateway.shape.reading import Style
from plugin_gateway.shape.scalar import escape, plain

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.shape.body_trims import BodyTrims
    from plugin_gateway.shape.compile import Shaping
    from plugin_gateway.shape.validator import Validator


def form_body(shaping: Shaping, node: JsonObject, trims: BodyTrims, validator: Validator | None) -> FormBody | None:
    """Return what judges and edits forms; None if they pass as they come. `node` is the media type as clients see it."""
    schema = node.get("schema", True)
    change: FormEdit | None = None
    if not trims.is_nothing:
        added = b"&".join(f"{escape(name)}={escape(plain(item))}".encode() for name, item in trims.fixed_fields())
        change = _field_edit(trims)._replace(added=added)
    if validator is None and change is None:
        return None
    return FormBody(validator, kind_of(schema, shaping.document), _styles(node), change)


def multipart_body(
    shaping: Shaping, node: JsonObject, trims: BodyTrims, validator: Validator | None
) -> MultipartBody | None:
    """Return what judges and edits multipart bodies; None if they pass as they come. `node` is the media type as clients see it."""
    schema = node.get("schema", True)
    if validator is None and trims.is_nothing:
        return None
    styles = tuple((name, style._replace(escapes="none")) for name, style in _styles(node))
    unescaped = Style("form", explode=True, name="", escapes="none")
    form = FormBody(validator, kind_of(schema, shaping.document), styles, plain=unescaped)
    if trims.is_nothing:
        return MultipartBody(form)
    added: list[bytes] = []
    for name, item in trims.fixed_fields():
        try:
            added.append(part_of(name, plain(item)))
        except ValueError:
            shaping.findings.append(_unwritable(shaping, name))
    return MultipartBody(form, MultipartEdit(_field_edit(trims), tuple(added)))


def _field_edit(trims: BodyTrims) -> FormEdit:
    keep = trims.keep if trims.keep is None else frozenset(fold_field(tokens[0]) for tokens in trims.keep)
    return FormEdit(frozenset(fold_field(tokens[0]) for tokens in trims.hidden), keep)


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


def _unwritable(shaping: Shaping, name: str) -> Finding:
    pointer = join_pointer((name,))
    wanted = shaping.wanted
    entry = wanted.request_origins.get("fixed", wanted.entry)
    return Finding(
        rule="cannot-trim",
        message=f"servers read the name of `{pointer}` in different ways in a multipart body of `{shaping.key}`, so the gateway cannot set it",
        hint="remove it, or deny the operation",
        pointer=("allow", entry, "request", "fixed", pointer),
    )
