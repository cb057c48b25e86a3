"""Compiling the check of an operation's answers, from their descriptions as the document has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.answer_check import AnswerCheck
from plugin_gateway.shape.media_type import declared_media_types, is_json
from plugin_gateway.shape.standalone import Definitions, Placed
from plugin_gateway.shape.validator import Validator

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.shape.compile import Shaping


def check_answers(shaping: Shaping) -> None:
    """Set the shape's check if gateway.yaml wants answers validated. It comes before any step that cuts their descriptions."""
    wanted = shaping.wanted.validates_response
    if wanted == "off":
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
        shaping.shape = replace(shaping.shape, check=AnswerCheck(bodies=bodies, is_enforced=wanted == "enforce"))


def _validator(shaping: Shaping, status: str, essence: bytes, media_type: dict[str, Any]) -> Validator | None:
    if "schema" not in media_type or not (is_json(essence) or b"*" in essence):
        return None
    validator = Validator(_standalone(media_type["schema"], shaping.document))
    if shaping.wanted.validates_response == "report":
        return validator
    try:
        validator.compile()
    except ValueError as error:
        shaping.findings.append(
            Finding(
                rule="cannot-validate",
                severity=Severity.WARNING,
                message=f"the gateway cannot validate answers of `{shaping.key}` with status {status}: {error}",
                hint="correct the schema, or change it by an overlay",
                pointer=("allow", shaping.wanted.entry),
            )
        )
        return None
    return validator


def _standalone(schema: Any, document: Document) -> Any:
    # Answers do not have what is write-only.
    definitions = Definitions(document, hidden="writeOnly")
    copied = definitions.copy(Placed(schema))
    if isinstance(copied, dict) and (members := definitions.finish(copied)):
        copied["$defs"] = members
    return copied
