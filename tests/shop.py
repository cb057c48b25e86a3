"""The shop: a gateway that every directory and client accepts, for tests that change one thing of it."""

import copy
import struct
import zlib
from typing import TYPE_CHECKING, Any

import yaml
from msgspec.structs import replace

from plugin_gateway.config.load import load_text
from plugin_gateway.export.candidate import Candidate
from plugin_gateway.export.platforms.judge import judge
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.openapi.document import Document
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.revision.build import Built
from plugin_gateway.revision.compile import compile_revision

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Severity

JSON_ORDER = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {
        "title": "Shop",
        "version": "1.2.0",
        "description": "Orders of the shop.",
        "contact": {"name": "The shop", "email": "api@example.com"},
        "termsOfService": "https://www.example.com/terms",
    },
    "tags": [{"name": "Orders"}],
    "paths": {
        "/orders": {
            "get": {
                "operationId": "list_orders",
                "summary": "List orders",
                "description": "List the orders of a customer, newest first.",
                "tags": ["Orders"],
                "parameters": [
                    {"name": "customer", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "sent"]}},
                ],
                "responses": {"200": {"description": "ok", "content": JSON_ORDER}},
            },
            "post": {
                "operationId": "create_order",
                "summary": "Create an order",
                "description": "Create an order of one product.",
                "tags": ["Orders"],
                "requestBody": {"required": True, "content": JSON_ORDER},
                "responses": {"201": {"description": "ok", "content": JSON_ORDER}},
            },
        },
        "/orders/{id}": {
            "delete": {
                "operationId": "cancel_order",
                "summary": "Cancel an order",
                "description": "Cancel an order that was not sent.",
                "tags": ["Orders"],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"204": {"description": "gone"}},
            },
        },
    },
    "components": {
        "schemas": {
            "Order": {"type": "object", "properties": {"id": {"type": "string"}, "product": {"type": "string"}}},
        }
    },
}
CASE = {"prompt": "Which orders of Ada are open?", "tools": ["list_orders"], "expect": "A list of orders."}
CONFIG = {
    "openapi": "openapi.yaml",
    "upstream": {"url": "https://api.example.com", "credential": {"bearer": {"env": "KEY"}}},
    "public": {"url": "https://shop.example.com"},
    "allow": ["list_orders", "create_order", "cancel_order"],
    "limits": {"response_body": "100kB"},
    "manifest": {"name_for_model": "shop_orders", "name_for_human": "Shop"},
    "plugin": {
        "subtitle": "Look up and place orders",
        "category": "Productivity",
        "developer": "Example Inc.",
        "website": "https://www.example.com",
        "support": "https://www.example.com/support",
        "privacy": "https://www.example.com/privacy",
        "prompts": ["Which of my orders are open?"],
        "cases": [CASE] * 5,
        "refusals": [{"prompt": "Tell me a joke."}] * 3,
        "recording": "https://www.example.com/demo.mp4",
        "release_notes": "First version.",
        "openai_challenge": "token-of-openai",
        "m365": {"namespace": "Shop"},
    },
}
PASSED_ON = {
    "auth": {"type": "user_http", "passthrough": True},
    "upstream": {"credential": {"bearer": None, "passthrough": True}},
}
ENVIRON = {"KEY": "sekret-7f3a9c", "TOKEN": "caller-7f3a9c"}


def png(width: int = 512, height: int = 512) -> bytes:
    """Return a PNG file of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def merged(value: Any, change: Any) -> Any:
    """Return `value` with the members of `change` laid over it; `None` removes a member."""
    if not isinstance(change, dict):
        return change
    value = value if isinstance(value, dict) else {}
    whole = {**value, **{key: merged(value.get(key), member) for key, member in change.items()}}
    return {key: member for key, member in whole.items() if member is not None}


def built(config: dict[str, Any] | None = None, document: dict[str, Any] | None = None) -> Built:
    """Build the shop with changes to its config and its document."""
    text = yaml.safe_dump(merged(CONFIG, config or {}), sort_keys=False)
    loaded = load_text(text, path=None, environ=ENVIRON)
    read = Document(root=copy.deepcopy(merged(DOCUMENT, document or {})), name="openapi.yaml")
    return Built(revision=compile_revision(loaded, read, number=1), loaded=loaded, document=read)


def shop(config: dict[str, Any] | None = None, document: dict[str, Any] | None = None, **more: Any) -> Candidate:
    """Return the candidate of the shop, with a logo. `more` replaces members of the candidate."""
    return replace(candidate_of(built(config, document)), **{"images": {"logo": png()}} | more)


def broken(candidate: Candidate) -> dict[str, str]:
    """Return the rules that a candidate breaks and the shop does not, each with the severity of its worst breach."""
    found: dict[str, Severity] = {}
    for finding in judge(candidate, set(Platform)):
        found[finding.rule] = min(found.get(finding.rule, finding.severity), finding.severity)
    return {rule: str(severity) for rule, severity in found.items() if rule not in NOTED}


NOTED = frozenset({"gpt-actions-end", "tool-output-schema"})
