"""An answer of the workshop: a status and a body, which the console passes on."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from plugin_gateway.diagnostics import in_file_order
from plugin_gateway.refusal import MEDIA_TYPE, Refusal, problem_details
from plugin_gateway.rendering import as_members

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding

JSON: Final = "application/json"


class WorkshopAnswer(NamedTuple):
    """`etag` is quoted, or empty if the answer has none. The body is in `coding`: `gzip`, or nothing."""

    status: int
    media_type: str
    body: bytes
    etag: str = ""
    coding: str = ""


def of_members(members: Any, *, has_etag: bool = False) -> WorkshopAnswer:
    """Return JSON with the status 200."""
    try:
        body = orjson.dumps(members)
    except TypeError:
        # orjson refuses lone surrogates, deep nesting and integers of more than 64 bits, which a document may have.
        body = json.dumps(members, separators=(",", ":")).encode()
    return WorkshopAnswer(200, JSON, body, etag_of(body) if has_etag else "")


def packed(answer: WorkshopAnswer) -> WorkshopAnswer:
    """Return the answer in gzip. Its ETag becomes a weak one: the same values in another coding are other bytes."""
    etag = answer.etag and f"W/{answer.etag.removeprefix('W/')}"
    return answer._replace(body=gzip.compress(answer.body, compresslevel=9, mtime=0), etag=etag, coding="gzip")


def unpacked(answer: WorkshopAnswer) -> WorkshopAnswer:
    """Return the answer without a coding."""
    return answer._replace(body=gzip.decompress(answer.body), coding="") if answer.coding else answer


def problem(status: int, code: str, detail: str, *, hint: str = "", **members: Any) -> WorkshopAnswer:
    """Return problem details (RFC 9457)."""
    refusal = Refusal(status=status, code=code, detail=detail, hint=hint, members=members)
    return WorkshopAnswer(status, MEDIA_TYPE, problem_details(refusal))


def refused(findings: Iterable[Finding], detail: str, **members: Any) -> WorkshopAnswer:
    """Return the problem that the config or its document has mistakes."""
    return problem(422, "config-refused", detail, findings=shown_findings(findings), **members)


def shown_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as `check --format json` prints them, without the length of the value, which may be a secret."""
    return [
        {name: member for name, member in as_members(finding).items() if name != "length"}
        for finding in in_file_order(dict.fromkeys(findings))
    ]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
