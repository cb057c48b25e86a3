"""A shape: what the calls of one operation may carry besides its declared names, and what clients get of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from plugin_gateway.shape.request.names import NO_NAMES, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugin_gateway.refusal import Refusal
    from plugin_gateway.shape.answer.check import AnswerCheck
    from plugin_gateway.shape.answer.reply import ReplyShape
    from plugin_gateway.shape.request.bodies import JudgedBody
    from plugin_gateway.shape.request.parameters import WrittenParameters


class ParameterShape(Protocol):
    """Judges and rewrites the parameters of a call. Immutable and picklable. Its results are remembered by the head."""

    only_reports: bool
    """Whether no call is refused or changed, so that `write` can be left out."""
    reads_fields: bool
    """Whether `fields` matter. Otherwise they may be empty."""
    changes_cookies: bool
    """Whether `write_cookies` may change the cookies."""

    def passing_query(self, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        """Return the query that goes up, if the call has no problem and nothing else changes. None if `write` must decide."""

    def write(self, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]) -> WrittenParameters | Refusal:
        """Return what goes up. `path` and `query` are the gate's; `fields` are lower-case names with values."""

    def write_cookies(self, pairs: list[bytes]) -> list[bytes]:
        """Return the cookies that go up. `pairs` are the client's cookies that the gate takes."""

    def limited_to(self, takes: Callable[[str, str], bool]) -> ParameterShape:
        """Return the shape without the parameters that the gate does not take from clients, by place and name."""


class BodyShape(Protocol):
    """Judges and rewrites the body of a call. Immutable and picklable."""

    @property
    def only_reports(self) -> bool:
        """Whether every body goes up as it came, so that the exchange need not hold it."""

    def judges(self, media_type: bytes) -> bool:
        """Whether `write` needs the whole body. Other bodies stream."""

    def without_body(self, media_type: bytes) -> JudgedBody | Refusal:
        """Judge a call whose body has no octets. `media_type` is the value of Content-Type, empty if there is none."""

    def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
        """Return what goes up. `media_type` is as in `without_body`."""


class Shape(Struct, frozen=True, kw_only=True):
    """The shape of one operation. A part that is None costs its calls nothing."""

    parameters: ParameterShape | None = None
    body: BodyShape | None = None
    names: Names = NO_NAMES
    """The parameters that clients may not send as the document names them."""
    reply: ReplyShape | None = None
    needs_approval: bool = False
    """A person must approve each call."""
    check: AnswerCheck | None = None
    """Judges answers as the upstream sends them, before `reply` cuts them."""

    @property
    def reads_answers(self) -> bool:
        """Whether every answer must come whole and not compressed, because its fields are cut or judged."""
        return self.reply is not None or (self.check is not None and self.check.is_enforced)

    @property
    def only_reports(self) -> bool:
        """Whether no request is refused or changed."""
        return (
            (self.parameters is None or self.parameters.only_reports)
            and (self.body is None or self.body.only_reports)
            and (self.reply is None or not self.reply.select)
        )


NO_SHAPE: Final = Shape()
