"""The whole of an object, mended: the rules that are about more than one of its fields, or about a missing one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.mend.notes import describe_value
from plugin_gateway.openapi.mend.schema import mend_schema

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.mend.notes import Notes
    from plugin_gateway.openapi.mend.parameters import ParameterMender
    from plugin_gateway.openapi.mend.value_check import ValueCheck
    from plugin_gateway.openapi.refs import Tokens

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class WholeMender:
    """Mends objects of one document whose fields were mended one by one."""

    def __init__(self, check: ValueCheck, parameters: ParameterMender, notes: Notes, version: str) -> None:
        self._check = check
        self._parameters = parameters
        self._notes = notes
        self._version = version

    def mend(self, kind: ObjectKind, node: JsonObject, tokens: Tokens) -> None:
        match kind:
            case ObjectKind.INFO:
                self._notes.need(node, tokens, "title", "API")
                self._notes.need(node, tokens, "version", "0")
            case ObjectKind.CONTACT if "email" in node and not _EMAIL.fullmatch(node["email"]):
                self._notes.drop(
                    node, "email", (*tokens, "email"), f"{describe_value(node['email'])} is not an e-mail address"
                )
            case ObjectKind.LICENSE if "identifier" in node and "url" in node:
                self._notes.drop(node, "url", (*tokens, "url"), "'url' is not allowed beside `identifier`")
            case ObjectKind.OPERATION:
                responses = node.get("responses")
                if not isinstance(responses, dict) or is_reference(ObjectKind.RESPONSE, responses):
                    if "responses" in node:
                        self._notes.drop(
                            node,
                            "responses",
                            (*tokens, "responses"),
                            f"responses must be a mapping, not {describe_value(responses)}",
                        )
                    node["responses"] = {"default": {"description": ""}}
                self._parameters.declare_missing(node, tokens)
            case ObjectKind.PARAMETER | ObjectKind.HEADER | ObjectKind.ITEMS if self._version == "2.0":
                if kind is ObjectKind.PARAMETER:
                    self._parameters.mend(node, tokens)
                # In 2.0 the fields beside `name` and `in` are schema keywords.
                mend_schema(
                    self._check, node, self._version, lambda name, why: self._notes.mended((*tokens, name), why)
                )
            case ObjectKind.PARAMETER:
                self._parameters.mend(node, tokens)
            case ObjectKind.HEADER:
                self._parameters.mend_value(node, tokens, "header")
            case ObjectKind.REQUEST_BODY:
                self._notes.need(node, tokens, "content", {})
            case ObjectKind.RESPONSE:
                if "description" not in node and "summary" not in node:
                    node["description"] = ""  # no warning: this mistake is so common that it would hide the others
            case ObjectKind.ENCODING:
                self._parameters.mend_style(node, tokens, "query")
            case ObjectKind.EXAMPLE if "value" in node and "externalValue" in node:
                self._notes.drop(
                    node, "externalValue", (*tokens, "externalValue"), "'externalValue' is not allowed beside `value`"
                )
            case ObjectKind.LINK if "operationRef" in node and "operationId" in node:
                self._notes.drop(
                    node,
                    "operationRef",
                    (*tokens, "operationRef"),
                    "'operationRef' is not allowed beside `operationId`",
                )
            case ObjectKind.SCHEMA:
                mend_schema(
                    self._check, node, self._version, lambda name, why: self._notes.mended((*tokens, name), why)
                )
            case _:
                pass
