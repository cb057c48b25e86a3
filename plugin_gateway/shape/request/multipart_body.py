"""A multipart body: multipart/form-data (RFC 7578), whose parts are judged as the fields of a form. Files are not read.

A part whose Content-Type is JSON is read as JSON, other parts as text. Without an edit the body passes byte for byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.shape.media_type import is_json
from plugin_gateway.shape.request.field_edit import UneditableFieldError
from plugin_gateway.shape.request.json_body import BodyVerdict
from plugin_gateway.shape.request.multipart_edit import UneditableError
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from plugin_gateway.shape.request.form_body import FormBody
    from plugin_gateway.shape.request.multipart_edit import MultipartEdit
    from plugin_gateway.shape.values.kind import Kind
    from plugin_gateway.shape.values.reading import Pair

_DISPOSITION: Final = re.compile(rb"(?im)^content-disposition:[ \t]*form-data[ \t]*((?:;[^\r\n]*)?)\r?$")
_NAME: Final = re.compile(rb';[ \t]*name="((?:[^"\\\r\n]|\\.)*)"')
_FILE: Final = re.compile(rb";[ \t]*filename\*?=")
_TYPE: Final = re.compile(rb"(?im)^content-type:[ \t]*+([^\r\n;]+)")
_END: Final = re.compile(rb"--(?:\r\n.*)?", re.DOTALL)


class MultipartBody(NamedTuple):
    """Judges the multipart bodies of one operation."""

    form: FormBody
    edit: MultipartEdit | None = None

    def judge(self, text: bytes, parameter: bytes) -> BodyVerdict:
        """Judge a body with the boundary `parameter`."""
        parts = _split(text, parameter)
        if self.edit is not None:
            try:
                parts, text = self.edit.edited(parts, parameter, self.form)
            except UneditableError as error:
                return BodyVerdict(text, (Problem("", str(error)),))
            except UneditableFieldError as error:
                return BodyVerdict(text, error.problems)
        if self.form.validator is None:
            return BodyVerdict(text)
        if parts is None:
            return BodyVerdict(
                text, (), (Problem("", "must consist of parts between the boundaries that its Content-Type names"),)
            )
        fields: dict[str, list[Pair]] = {}
        files: set[str] = set()
        texts: set[str] = set()
        for one in map(_read, parts):
            if one is None:
                return BodyVerdict(text, (), (Problem("", "must have a name in the Content-Disposition of each part"),))
            kind = self.form.kind.member(one.name)
            is_octets = kind is not None and kind.is_octets
            is_file = is_octets or one.has_file_name or not (one.is_json or one.is_text)
            content = one.content
            if is_file and _takes_files(kind):
                files.add(one.name)
                content = b""
            elif not one.is_json:
                texts.add(one.name)
                content = b"" if is_file else content
            fields.setdefault(one.name, []).append((one.name, content))
        return BodyVerdict(text, (), self.form.problems(fields, fields.keys() - texts - files, files))


class _BodyPart(NamedTuple):
    name: str
    has_file_name: bool
    is_json: bool
    """Whether its Content-Type is JSON."""
    is_text: bool
    content: bytes


def _read(part: bytes) -> _BodyPart | None:
    """Read a part; return None if it has no name."""
    head, blank, content = part.partition(b"\r\n\r\n")
    disposition = _DISPOSITION.search(head)
    named = _NAME.search(disposition[1]) if disposition is not None and blank else None
    if disposition is None or named is None:
        return None
    types = {one.strip().lower() for one in _TYPE.findall(head)}
    return _BodyPart(
        name=named[1].decode(errors="replace"),
        has_file_name=_FILE.search(disposition[1]) is not None,
        is_json=bool(types) and all(map(is_json, types)),
        is_text=types <= {b"text/plain"},
        content=content,
    )


def _takes_files(kind: Kind | None) -> bool:
    """Whether a file may be the value, or one of its items."""
    return kind is None or "string" in kind.types or ("array" in kind.types and _takes_files(kind.items))


def _split(text: bytes, boundary: bytes) -> list[bytes] | None:
    if not boundary:
        return None
    first, *parts = (b"\r\n" + text).split(b"\r\n--" + boundary)
    if first or not parts or _END.fullmatch(parts[-1]) is None:
        return None
    parts.pop()
    # A blank may stand between the boundary and its line break (RFC 2046, 5.1.1).
    lines = [part.lstrip(b" \t") for part in parts]
    return [line[2:] for line in lines] if all(line.startswith(b"\r\n") for line in lines) else None
