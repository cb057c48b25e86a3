"""A watched body: keeps a copy of a request body that streams up, and reports what is wrong with it after its last byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.bodies import JudgedBody

if TYPE_CHECKING:
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.inspection import Inspection
    from plugin_gateway.shape.shape import BodyShape
    from plugin_gateway.telemetry.mismatches import Mismatches

MOST_BYTES: Final = 256 * 1024
"""A longer body is not judged."""


class WatchedBody:
    """An inspection (`proxy.inspection`) around another, which passes the same bytes."""

    __slots__ = ("_inspection", "_left", "_media_type", "_mismatches", "_pieces", "_rule", "_shape")

    def __init__(
        self,
        inspection: Inspection | None,
        shape: BodyShape,
        media_type: bytes,
        rule: OperationRule,
        mismatches: Mismatches,
    ) -> None:
        self._inspection = inspection
        self._shape = shape
        self._media_type = media_type
        self._rule = rule
        self._mismatches = mismatches
        self._pieces: list[bytes] = []
        self._left = MOST_BYTES

    def feed(self, data: bytes, *, is_last: bool) -> bytes | Refusal:
        if self._inspection is not None:
            passed = self._inspection.feed(data, is_last=is_last)
            if isinstance(passed, Refusal):
                return passed
            data = passed
        self._left -= len(data)
        if self._left < 0:
            self._pieces.clear()
            return data
        self._pieces.append(data)
        if is_last:
            judged = self._shape.write(self._media_type, b"".join(self._pieces))
            if isinstance(judged, JudgedBody) and judged.problems:
                self._mismatches.note(self._rule.operation_id, "request", judged.problems)
        return data
