"""The suite's API: a REST API whose operations are the tools of MCP's conformance suite: `python -m clients.suite_api PORT`."""

from __future__ import annotations

import asyncio
import base64
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

SLOW_S = 3.6
"""Long enough for three progress notifications."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _red_pixel() -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


IMAGE = _red_pixel()
AUDIO = (
    b"RIFF"
    + struct.pack("<I", 38)
    + b"WAVEfmt "
    + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    + (b"data" + struct.pack("<I", 2) + b"\x80\x80")
)
DOCUMENT_FILE = base64.b64decode("JVBERi0xLjEKJUVPRgo=")

ADDRESS = {
    "$anchor": "addressDef",
    "type": "object",
    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
}
SCHEMA_2020_12: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/components/schemas/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _operation(operation_id: str, media_type: str, **more: Any) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": operation_id.replace("_", " "),
        "responses": {"200": {"description": "ok", "content": {media_type: {}}}},
        **more,
    }


OPERATIONS = {
    "/simple-text": ("get", _operation("test_simple_text", "text/plain")),
    "/image": ("get", _operation("test_image_content", "image/png")),
    "/audio": ("get", _operation("test_audio_content", "audio/wav")),
    "/file": ("get", _operation("test_embedded_resource", "application/pdf")),
    "/error": ("get", _operation("test_error_handling", "text/plain")),
    "/slow": ("get", _operation("test_tool_with_progress", "text/plain")),
    "/quiet": ("get", _operation("test_logging_tool", "text/plain")),
    "/contacts": (
        "post",
        _operation(
            "json_schema_2020_12_tool",
            "application/json",
            requestBody={"required": True, "content": {"application/json": {"schema": SCHEMA_2020_12}}},
        ),
    ),
    "/regions/{region}": (
        "get",
        _operation(
            "test_custom_header",
            "application/json",
            parameters=[
                {
                    "name": "region",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "x-mcp-header": "Region"},
                }
            ],
        ),
    ),
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Suite", "version": "1", "description": "The tools of the conformance suite."},
    "paths": {path: {method: operation} for path, (method, operation) in OPERATIONS.items()},
    "components": {"schemas": {"address": ADDRESS}},
}


async def _text(_request: Request) -> Response:
    return PlainTextResponse("This is a simple text response for testing.")


async def _image(_request: Request) -> Response:
    return Response(IMAGE, media_type="image/png")


async def _audio(_request: Request) -> Response:
    return Response(AUDIO, media_type="audio/wav")


async def _file(_request: Request) -> Response:
    return Response(DOCUMENT_FILE, media_type="application/pdf")


async def _error(_request: Request) -> Response:
    return PlainTextResponse("This tool intentionally returns an error for testing", 500)


async def _slow(_request: Request) -> Response:
    await asyncio.sleep(SLOW_S)
    return PlainTextResponse("done")


async def _contacts(request: Request) -> Response:
    return JSONResponse(await request.json())


async def _region(request: Request) -> Response:
    return JSONResponse({"region": request.path_params["region"]})


HANDLERS = {
    "/simple-text": _text,
    "/image": _image,
    "/audio": _audio,
    "/file": _file,
    "/error": _error,
    "/slow": _slow,
    "/quiet": _text,
    "/contacts": _contacts,
    "/regions/{region}": _region,
}

app = Starlette(routes=[Route(path, HANDLERS[path], methods=[OPERATIONS[path][0].upper()]) for path in OPERATIONS])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
