"""The bodies of one operation: for each media type that it declares, how a body of this type is judged."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.media_type import MULTIPART, admits, is_json, parameter_of, read_media_type
from plugin_gateway.shape.request.invalid_request import invalid_request
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from plugin_gateway.shape.media_type import MediaType
    from plugin_gateway.shape.request.json_body import BodyVerdict

_UNTYPED: Final = b"application/octet-stream"
_LONGEST_KNOWN: Final = 100
_known: Final = lru_cache(256)(read_media_type)


def _read(value: bytes) -> MediaType | None:
    """Read a Content-Type. Callers choose its value, so only short ones are remembered."""
    return _known(value) if len(value) <= _LONGEST_KNOWN else read_media_type(value)


class JudgedBody(NamedTuple):
    """A request body, as it goes up."""

    body: bytes
    problems: tuple[Problem, ...] = ()
    """Problems that the gateway reports and lets pass."""


class Form(Protocol):
    """Judges the bodies of one media type."""

    def judge(self, text: bytes, parameter: bytes) -> BodyVerdict:
        """Judge a body. `parameter` is the boundary of a multipart type, and the charset of others."""


class DeclaredType(NamedTuple):
    """One media type that the operation declares."""

    range: bytes
    """In lower case; may be a range such as `*/*`."""
    form: Form | None = None
    """None if bodies of this type pass as they come."""


class Bodies(NamedTuple):
    """The body shape of one operation. See `BodyShape`."""

    declared: tuple[DeclaredType, ...]
    is_required: bool
    """Whether a call without a body is invalid."""
    is_enforced: bool
    """Whether an invalid body is refused; otherwise it is reported."""
    is_narrowed: bool = False
    """Whether gateway.yaml removes or sets members. If so, a body of a type that the gateway cannot change is refused."""
    has_fixed: bool = False
    """Whether gateway.yaml sets members, so that there must be a body."""

    @property
    def only_reports(self) -> bool:
        return not self.is_enforced and not self.is_narrowed

    def judges(self, media_type: bytes) -> bool:
        return self.is_narrowed or self._form(media_type) is not None

    def without_body(self, media_type: bytes) -> JudgedBody | Refusal:
        if not self.is_required or self._may_be_empty(media_type):
            return JudgedBody(b"")
        types = " or ".join(one.range.decode(errors="replace") for one in self.declared)
        problems = (Problem("", f"is missing; expected a body of type {types}"),)
        return invalid_request(problems) if self.is_enforced or self.has_fixed else JudgedBody(b"", problems)

    def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
        form = self._form(media_type)
        if form is None:
            return self._unsupported(media_type) if self.is_narrowed else JudgedBody(body)
        if not body and not self.is_required:
            return JudgedBody(body)
        read = _read(media_type)
        parameter = read.charset if read is not None else b""
        if read is not None and read.name == MULTIPART:
            # Servers disagree about which of two boundaries counts.
            has_one = media_type.lower().count(b"boundary") == 1
            parameter = parameter_of(media_type, b"boundary") if has_one else b""
        verdict = form.judge(body, parameter)
        if verdict.unshaped:
            return invalid_request((*verdict.unshaped, *verdict.invalid))
        if verdict.invalid and self.is_enforced:
            return invalid_request(verdict.invalid)
        return JudgedBody(verdict.body, verdict.invalid)

    def _may_be_empty(self, media_type: bytes) -> bool:
        """Whether an empty body counts as a body of this type, such as an empty file, and not as a missing one."""
        read = _read(media_type)
        is_declared = read is not None and admits((one.range for one in self.declared), read.name)
        return is_declared and not self.judges(media_type)

    def _form(self, media_type: bytes) -> Form | None:
        read = _read(media_type)
        name = read.name if read is not None else _UNTYPED
        for one in self.declared:
            if one.range == name:
                return one.form
        ranges = (one for one in self.declared if b"*" in one.range and is_json(name) and admits((one.range,), name))
        return next((one.form for one in ranges), None)

    def _unsupported(self, media_type: bytes) -> Refusal:
        read = _read(media_type)
        declared = [one.range.decode(errors="replace") for one in self.declared if one.form is not None]
        sent = read.name.decode(errors="replace")[:100] if read is not None else ""
        return Refusal(
            status=415,
            code="undeclared-media-type",
            detail=f"The operation does not accept a body of type {sent}." if sent else "The body has no Content-Type.",
            hint=f"Send it as {' or '.join(declared)}, with that Content-Type.",
            members={"sent": sent, "declared": declared},
        )
