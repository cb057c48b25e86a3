from types import SimpleNamespace
from typing import Any

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.gate.media_type import JSON
from plugin_gateway.proxy.inspection import inspect
from plugin_gateway.proxy.watched_body import MOST_BYTES, WatchedBody
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.mismatches import Mismatches
from plugin_gateway.telemetry.series import SeriesKey

RULE: Any = SimpleNamespace(operation_id="write")
SHAPE = Bodies(
    (DeclaredType(b"application/json", JsonBody(Validator({"type": "object"}))),), is_required=True, is_enforced=False
)


def reported(*pieces: bytes) -> int:
    mismatches = Mismatches()
    body = WatchedBody(None, SHAPE, b"application/json", RULE, mismatches)
    for index, piece in enumerate(pieces):
        assert body.feed(piece, is_last=index == len(pieces) - 1) == piece
    return int(sum(mismatches.series().get(SeriesKey("mismatches", ("write", "request")), [0])))


def test_an_invalid_body_is_reported_after_its_last_piece() -> None:
    assert reported(b"[1", b"]") == 1


def test_a_valid_body_is_not_reported() -> None:
    assert reported(b'{"a"', b":1}") == 0


def test_a_long_body_is_not_judged() -> None:
    assert reported(b"[1", b" " * MOST_BYTES, b"]") == 0


def test_a_body_that_the_inspection_refuses_does_not_pass() -> None:
    body = WatchedBody(inspect(JSON, BodyNames()), SHAPE, b"application/json", RULE, Mismatches())
    assert isinstance(body.feed(b'{"_method": "DELETE"}', is_last=True), Refusal)
    assert WatchedBody(inspect(JSON, BodyNames()), SHAPE, b"", RULE, Mismatches()).feed(b"{}", is_last=True) == b"{}"
