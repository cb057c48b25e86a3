"""An answer check: judges the answers of one operation by the document's descriptions of them. Immutable and picklable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.openapi.refs import split_pointer
from plugin_gateway.shape.answer.cut import keeps
from plugin_gateway.shape.media_type import admits, is_json
from plugin_gateway.shape.values.json_reading import UnreadableBodyError, read_json_body
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.shape.answer.cut import Branch
    from plugin_gateway.shape.values.validator import Validator

_SUCCESS: Final = range(200, 300)
_OTHER_STATUS: Final = (Problem("", "has a status that is not described"),)


class AnswerCheck(Struct, frozen=True, kw_only=True):
    """The described bodies: by status such as `200`, `2XX` or `default`, then by media type."""

    bodies: Mapping[str, Mapping[bytes, Validator | None]]
    """A type without a validator admits every body, and so does a status without types."""
    is_enforced: bool = False

    def problems(self, status: int, media_type: bytes, body: bytes, branch: Branch = True) -> tuple[Problem, ...]:
        """Return the problems of a body, except at places that `branch` leaves out, because clients do not know these."""
        types = self._types(status)
        if types is None:
            return _OTHER_STATUS if status in _SUCCESS else ()
        essence = media_type.partition(b";")[0].strip(b" \t").lower()
        described = essence if essence in types else next((one for one in types if admits((one,), essence)), None)
        if described is None:
            if not types:
                return ()
            expected = " or ".join(name.decode(errors="replace") for name in types)
            return (Problem("", f"has a media type that is not described; expected {expected}"),)
        validator = types[described]
        if validator is None or not is_json(essence):
            return ()
        try:
            value = read_json_body(body)
        except UnreadableBodyError as error:
            found = error.problems
        else:
            found = () if validator.accepts(value) else validator.problems(value)
        return tuple(one for one in found if keeps(branch, split_pointer(one.pointer)))

    def _types(self, status: int) -> Mapping[bytes, Validator | None] | None:
        for name in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if name in self.bodies:
                return self.bodies[name]
        return None
