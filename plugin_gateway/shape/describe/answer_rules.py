"""Compiling the check of an operation's answers, from their descriptions as the document has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.describe.body_validator import body_validator
from plugin_gateway.shape.media_type import declared_media_types, is_json

if TYPE_CHECKING:
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.values.validator import Validator


def check_answers(shaping: Shaping) -> None:
    """Set the shape's check if gateway.yaml has answers validated. The steps that cut the descriptions come later."""
    settings = shaping.settings.validates_response
    if settings == "off":
        return
    bodies: dict[str, dict[bytes, Validator | None]] = {}
    responses = shaping.node.get("responses")
    for status, response in responses.items() if isinstance(responses, dict) else ():
        content = (follow(response, shaping.document) or {}).get("content")
        types = bodies[str(status)] = {}
        for name, entry in content.items() if isinstance(content, dict) else ():
            media_type = follow(entry, shaping.document) or {}
            for essence in declared_media_types([name]):
                types[essence] = _validator(shaping, str(status), essence, media_type)
    if bodies:
        shaping.shape = replace(shaping.shape, check=AnswerCheck(bodies=bodies, is_enforced=settings == "enforce"))


def _validator(shaping: Shaping, status: str, essence: bytes, media_type: dict[str, Any]) -> Validator | None:
    if "schema" not in media_type or not (is_json(essence) or b"*" in essence):
        return None
    return body_validator(
        shaping,
        media_type["schema"],
        f"answers of `{shaping.key}` with status {status}",
        hidden="writeOnly",
        is_enforced=shaping.settings.validates_response == "enforce",
    )
