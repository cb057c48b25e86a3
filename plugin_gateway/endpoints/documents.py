"""Faces over HTTP: serves every face of the current revision byte for byte, with entity tags and gzip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import Response

from plugin_gateway.publish.face import CARD_TYPE, CATALOG_TYPE
from plugin_gateway.publish.page import PAGE_POLICY
from plugin_gateway.refusal import MEDIA_TYPE, Refusal, problem_details

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from plugin_gateway.proxy.door import Door
    from plugin_gateway.publish.face import Face

CACHE_CONTROL = "no-cache"
"""Clients may store the document but must revalidate it (RFC 9111, 5.2.2.4). They fetch it before each call, and a 304
is cheap. A stale document would send them to operations that have been denied since."""

CACHED_FOR_AN_HOUR = "public, max-age=3600"
"""For the card and the catalog, as SEP-2127 advises: they say where the gateway is, which seldom changes."""

ALLOWED_METHODS = "GET, HEAD, OPTIONS"
DOCUMENT_PATHS = frozenset({"/openapi.json", "/openapi.yaml"})
"""The paths whose content names operations, so access to them is restricted. The manifest and the logo name none."""
ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
QUALITY = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*\Z", re.IGNORECASE)


def serve_face(request: Request, faces: Mapping[str, Face]) -> Response:
    """Answer a request for a path that has a face."""
    if request.method not in {"GET", "HEAD"}:
        return refuse(
            Refusal(
                status=405,
                code="method-not-allowed",
                detail="This document can only be read.",
                hint="Use GET.",
                headers=((b"Allow", ALLOWED_METHODS.encode()),),
            )
        )
    name = face_name(request.scope["raw_path"].decode("latin-1"), request.scope["query_string"], faces)
    face = faces.get(name)
    if face is None:
        profiles = sorted({known.partition("?profile=")[2] for known in faces if "?profile=" in known})
        return refuse(
            Refusal(
                status=404,
                code="unknown-profile",
                detail="There is no such profile of this document.",
                hint=f"Leave the query out, or use one of: {', '.join(profiles)}."
                if profiles
                else "Leave the query out.",
                members={"profiles": profiles},
            )
        )
    return answer(face, request)


def serve_page(request: Request, page: Face) -> Response:
    """Serve the page for people. The front calls this only for a client that accepts HTML."""
    response = answer(page, request)
    if response.status_code == 200:
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.add_vary_header("Accept")
    return response


async def serve_document(request: Request, faces: Mapping[str, Face], door: Door | None) -> Response:
    """Serve one of the public `faces`, or the caller's document to a caller who presents a credential."""
    path = request.scope["raw_path"].decode("latin-1")
    if door is None or path not in DOCUMENT_PATHS or (door.has_public_documents and not door.has_own_documents):
        return serve_face(request, faces)
    authorizations = [value for name, value in request.scope["headers"] if name.lower() == b"authorization"]
    if not authorizations and door.has_public_documents:
        response = serve_face(request, faces)
    else:
        # A bad credential is refused: the public document would offer this caller operations that it may not call.
        access = await door.ask(authorizations, request.client.host if request.client is not None else "")
        response = refuse(access) if isinstance(access, Refusal) else serve_face(request, access.faces)
        if response.status_code < 400:
            response.headers["Cache-Control"] = f"private, {CACHE_CONTROL}"
    response.headers.add_vary_header("Authorization")
    return response


def face_name(path: str, query: bytes, faces: Mapping[str, Face]) -> str:
    """Return the name of the requested face. A query without `profile` is ignored, as for any static file."""
    profile = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("profile")
    has_profiles = any(name.startswith(path + "?") for name in faces)
    return f"{path}?profile={profile}" if profile is not None and has_profiles else path


def answer(face: Face, request: Request) -> Response:
    """Return the representation that the client accepts, or 304 if the client has it already (RFC 9110, 13.1.2)."""
    packed = face.gzip if accepts_gzip(", ".join(request.headers.getlist("accept-encoding"))) else None
    etag = face.etag if packed is None else face.gzip_etag
    cached = CACHED_FOR_AN_HOUR if face.media_type in {CARD_TYPE, CATALOG_TYPE} else CACHE_CONTROL
    headers = {"ETag": etag, "Cache-Control": cached, "X-Content-Type-Options": "nosniff"}
    if face.gzip is not None:
        headers["Vary"] = "Accept-Encoding"
    if matches(", ".join(request.headers.getlist("if-none-match")), etag):
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    # An SVG logo may contain a script; it must not run when the logo is opened as a page of this origin.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response = Response(face.body if packed is None else packed, headers=headers, media_type=face.media_type)
    if request.method == "HEAD":
        response.body = b""
    return response


def matches(if_none_match: str, etag: str) -> bool:
    """Compare the listed entity tags with `etag`, weakly (RFC 9110, 8.8.3.2)."""
    if if_none_match.strip() == "*":
        return True
    return etag in ENTITY_TAG.findall(if_none_match)


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether the client accepts gzip (RFC 9110, 12.5.3); `*` stands for every coding that is not named."""
    wildcard = False
    for element in accept_encoding.lower().split(","):
        coding, separator, parameters = element.strip().partition(";")
        quality = QUALITY.search(separator + parameters) if separator else None
        is_acceptable = quality is None or float(quality[1]) > 0
        if coding.strip() in {"gzip", "x-gzip"}:
            return is_acceptable
        if coding.strip() == "*":
            wildcard = is_acceptable
    return wildcard


class RefusedResponse(Response):
    """A response made from a refusal, with the code for its access record."""

    code = ""


def refuse(refusal: Refusal) -> Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in refusal.headers}
    headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    response = RefusedResponse(problem_details(refusal), refusal.status, headers=headers, media_type=MEDIA_TYPE)
    response.code = refusal.code
    return response
