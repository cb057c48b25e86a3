"""A multipart body: multipart/form-data (RFC 7578), whose parts are judged as the fields of a form. Files are not looked into.

Without an edit the body passes byte for byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.field_edit import UneditableFieldError
from plugin_gateway.shape.json_body import Verdict
from plugin_gateway.shape.multipart_edit import UneditableError
from plugin_gateway.shape.shape import Problem

if TYPE_CHECKING:
    from plugin_gateway.shape.form_body import FormBody
    from plugin_gateway.shape.multipart_edit import MultipartEdit
    from plugin_gateway.shape.reading import Pair

_DISPOSITION: Final = re.compile(rb"(?im)^content-disposition:[ \t]*form-data[ \t]*((?:;[^\r\n]*)?)\r?$")
_NAME: Final = re.compile(rb';[ \t]*name="((?:[^"\\\r\n]|\\.)*)"')
_FILE: Final = re.compile(rb";[ \t]*filename\*?=")
_BINARY: Final = re.compile(rb"(?im)^content-type:[ \t]*+(?!text/plain|application/json)[^\r\n]+\r?$")
_END: Final = re.compile(rb"--(?:\r\n.*)?", re.DOTALL)


class MultipartBody(NamedTuple):
    """Judges the multipart bodies of one operation."""

    form: FormBody
    edit: MultipartEdit | None = None

    def judge(self, text: bytes, parameter: bytes) -> Verdict:
        """Judge a body with the boundary `parameter`."""
        parts = _split(text, parameter)
        if self.edit is not None:
            try:
                parts, text = self.edit.edited(parts, parameter, self.form)
            except UneditableError as error:
                return Verdict(text, (Problem("", str(error)),))
            except UneditableFieldError as error:
                return Verdict(text, error.problems)
        if self.form.validator is None:
            return Verdict(text)
        if parts is None:
            return Verdict(text, (), (Problem("", "must be parts between the boundary of its Content-Type"),))
        fields: dict[str, list[Pair]] = {}
        files: set[str] = set()
        for part in parts:
            head, blank, content = part.partition(b"\r\n\r\n")
            disposition = _DISPOSITION.search(head)
            named = _NAME.search(disposition[1]) if disposition is not None and blank else None
            if disposition is None or named is None:
                return Verdict(text, (), (Problem("", "must have a name in the Content-Disposition of each part"),))
            name = named[1].decode(errors="replace")
            kind = self.form.kind.member(name)
            is_octets = kind is not None and kind.is_octets
            if is_octets or _FILE.search(disposition[1]) or _BINARY.search(head):
                if kind is None or kind.types & {"string", "array"}:
                    files.add(name)
                content = b""
            fields.setdefault(name, []).append((name, content))
        problems = self.form.problems(fields)
        places = tuple(join_pointer((name,)) for name in files)
        # What a file contains has no JSON type; that it is declared counts.
        kept = [one for one in problems if one.detail == "is not declared" or not _is_in(one.pointer, places)]
        return Verdict(text, (), tuple(kept))


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


def _is_in(pointer: str, places: tuple[str, ...]) -> bool:
    return any(pointer == place or pointer.startswith(place + "/") for place in places)
