"""A multipart edit: takes parts away from a multipart body, and adds the parts that gateway.yaml fixes.

Servers read multipart bodies in different ways. So the edit refuses a body in which some server could see a part that the
gateway does not: a boundary within a part, a name that is escaped or sent twice, a line that is not a known field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from plugin_gateway.shape.request.field_edit import FieldEdit
    from plugin_gateway.shape.request.form_body import FormBody, FormEdit

_LINE: Final = re.compile(rb"(content-disposition|content-type|content-transfer-encoding|content-length):[ \t]*([ -~\x80-\xff\t]*)", re.IGNORECASE)  # fmt: skip
_DISPOSITION: Final = re.compile(
    rb'form-data((?:[ \t]*;[ \t]*(?:name|filename\*?)=(?:"[^"\\]*"|[^\s";\\]+))+)[ \t]*', re.IGNORECASE
)
_PARAMETER: Final = re.compile(rb';[ \t]*([a-z*]+)=("[^"\\]*"|[^\s";\\]+)', re.IGNORECASE)
_is_plain_boundary: Final = re.compile(rb"[A-Za-z0-9'()+_,./:=?-]{1,70}").fullmatch
# Servers that search for `name=` find it within a file's name, too; an encoded word may be any name (RFC 2047).
_find_doubtful: Final = re.compile(rb"name\*?=|=\?", re.IGNORECASE).search


_is_line_of_text: Final = re.compile(
    rb"content-disposition:(?![^\r\n]*filename)[^\r\n]*"
    rb"|content-type:[ \t]*(?:application/json|text/plain)[ \t]*(?:;[ \t]*charset=\"?utf-8\"?[ \t]*)?",
    re.IGNORECASE,
).fullmatch


class UneditableError(ValueError):
    """A body cannot be edited. The message completes a sentence that begins with the body."""


class MultipartEdit(NamedTuple):
    """What happens to the parts."""

    change: FormEdit
    added: tuple[bytes, ...] = ()
    """The parts to add, each with its head."""

    def edited(self, parts: list[bytes] | None, boundary: bytes, form: FormBody) -> tuple[list[bytes], bytes]:
        """Return the parts that clients may send, and the body that goes up.

        Raises:
            UneditableError: some server could read other parts.
            UneditableFieldError: see `FieldEdit.edited`.
        """
        if parts is None or not _is_plain_boundary(boundary):
            raise UneditableError("must consist of parts between the boundaries that its Content-Type names")
        mark = b"--" + boundary
        kept: list[bytes] = []
        sent: list[bytes] = []
        missing = {one.name: one for one in self.change.inner}
        for part in parts:
            if mark in part:
                raise UneditableError("must not have its boundary within a part")
            name = _name_of(part)
            # With `_charset_` (RFC 7578, 4.6) a server could read the other names in another charset.
            if name.lower() == "_charset_":
                continue
            if not (form.passes(name, self.change) and form.passes(unquote(name), self.change)):
                continue
            field = form.field_edit(name, self.change) or form.field_edit(unquote(name), self.change)
            if field is None:
                kept.append(part)
                sent.append(part)
                continue
            missing.pop(field.name, None)
            head, content = _field_of(part, field)
            for into, edited in zip((kept, sent), field.edited(name, content), strict=True):
                if edited is not None:
                    into.append(head + edited)
        sent += [
            part_of(name, text.decode(), is_json=True)
            for name, one in missing.items()
            if (text := one.missing()) is not None
        ]
        sent += self.added
        if any(mark in part for part in sent):
            raise UneditableError("must have another boundary")
        written = [mark + b"\r\n" + part + b"\r\n" for part in sent]
        return kept, b"".join((*written, mark, b"--\r\n"))


def is_part_name(name: str) -> bool:
    """Whether all servers read a name of a part alike."""
    return re.search(r'[\x00-\x1f\x7f"\\%]|=\?', name) is None


def part_of(name: str, text: str, *, is_json: bool = False) -> bytes:
    """Return a part with its head. All servers must read its name alike (`is_part_name`)."""
    type_line = "\r\nContent-Type: application/json" if is_json else ""
    return f'Content-Disposition: form-data; name="{name}"{type_line}\r\n\r\n{text}'.encode()


def _field_of(part: bytes, field: FieldEdit) -> tuple[bytes, bytes]:
    """Return the head and the text of a part that holds the field.

    Raises:
        UneditableError: servers could read the part as something else than text in UTF-8.
    """
    head, blank, content = part.partition(b"\r\n\r\n")
    if any(not _is_line_of_text(line) for line in head.split(b"\r\n")):
        raise UneditableError(
            f"must have `{field.name}` as text in UTF-8, without a file name, an encoding or a length"
        )
    return head + blank, content


def _name_of(part: bytes) -> str:
    head, blank, _ = part.partition(b"\r\n\r\n")
    lines = [_LINE.fullmatch(line) for line in head.split(b"\r\n")]
    fields = [(line[1].lower(), line[2]) for line in lines if line is not None]
    dispositions = [value for name, value in fields if name == b"content-disposition"]
    if not blank or len(fields) < len(lines) or len(dispositions) != 1:
        raise UneditableError("must have parts with one Content-Disposition, and no fields but the known ones")
    match = _DISPOSITION.fullmatch(dispositions[0])
    found = _PARAMETER.findall(match[1]) if match is not None else []
    names = [name.lower() for name, _ in found]
    values = {name.lower(): value.strip(b'"') for name, value in found}
    if names.count(b"name") != 1 or len(values) < len(names) or any(map(_find_doubtful, values.values())):
        raise UneditableError("must have one plain name in each Content-Disposition")
    try:
        return str(values[b"name"], "utf-8")
    except UnicodeDecodeError:
        raise UneditableError("must have names in UTF-8") from None
