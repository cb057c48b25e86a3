from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.media_type import JSON, OPAQUE
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.plan import Holder
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Limits, Revision, UpstreamTarget
from plugin_gateway.revision.tls_files import TlsFiles

READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", is_safe=False)
REVISION = Revision(
    number=1, digest="d", public_url="https://gw", rules=(READ, WRITE), limits=Limits(), cors_origins=("https://a",),
    gate=SimpleNamespace(judge=None), faces={"/openapi.json": None, "/openapi.json?profile=plugin": None},
    upstream=UpstreamTarget(host="up", port=1, authority=b"up"), operations_total=2,
    read_injection=Injection(headers=((b"X-Key", b"read"),)), write_injection=Injection(headers=((b"X-Key", b"write"),)),
)  # fmt: skip


def sent(holder, rule):
    request = read_request_fields(b"Host: a\r\n", 1)
    return holder.serving.plan(rule).uplink.head(rule.method.encode(), Permit(rule, b"/p", b""), request)


def test_reads_and_writes_carry_their_own_credential():
    holder = Holder(REVISION)
    assert b"X-Key: read\r\n" in sent(holder, READ)
    assert b"X-Key: write\r\n" in sent(holder, WRITE)


def judged(rule, fields):
    """What becomes of a call with a body of three bytes."""
    serving = Holder(REVISION).serving
    request = read_request_fields(b"Host: a\r\nContent-Length: 3\r\n" + fields, 1)
    permitted = serving.permit(serving.anybody, rule.method.encode(), Permit(rule, b"/p", b""), request)
    return permitted.code if isinstance(permitted, Refusal) else permitted.body_kind


def test_only_an_operation_that_may_have_one_takes_a_body():
    assert judged(READ, b"") == "body-not-declared"
    assert judged(WRITE, b"Content-Type: application/json\r\n") == JSON
    assert judged(replace(READ, has_request_body=True), b"Content-Type: image/png\r\n") == OPAQUE


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (b"Content-Type: application/json\r\n", JSON),
        (b"Content-Type: text/xml\r\n", "undeclared-media-type"),
        (b"", "undeclared-media-type"),
        # What Connection declares hop-by-hop does not go up, so it says nothing.
        (b"Content-Type: application/json\r\nConnection: content-type\r\n", "undeclared-media-type"),
        (b"Content-Type: application/json\r\nContent-Type: application/json\r\n", "malformed-media-type"),
        (b"Content-Type: application/json\r\nContent-Encoding: gzip\r\n", "unsupported-coding"),
    ],
)
def test_a_body_is_judged_by_what_its_head_says_of_it(fields, found):
    rule = replace(WRITE, has_request_body=True, media_types=(b"application/json",))
    assert judged(rule, fields) == found


@pytest.mark.parametrize(
    ("method", "path", "is_local"),
    [
        (b"GET", b"/openapi.json", True),
        (b"POST", b"/mcp", True),
        (b"OPTIONS", b"/p", True),
        (b"OPTIONS", b"*", False),
        (b"GET", b"/p", False),
        (b"GET", b"/openapi.json/", False),
        (b"GET", b"/%6fpenapi.json", False),
    ],
)
def test_faces_the_apps_paths_and_preflights_are_local(method, path, is_local):
    assert Holder(REVISION, local_paths={b"/mcp"}).serving.is_local(method, path) is is_local


def test_a_revision_with_the_same_target_keeps_the_pool_and_another_gets_its_own():
    async def scene():
        holder = Holder(REVISION)
        pool = holder.serving.pool
        holder.swap(replace(REVISION, number=2))
        assert holder.serving.pool is pool
        assert holder.revision.number == 2
        holder.swap(replace(REVISION, number=3, upstream=replace(REVISION.upstream, port=2)))
        assert holder.serving.pool is not pool
        holder.close()

    asyncio.run(scene())


def test_a_certificate_that_changed_gets_new_connections(authority):
    files = [TlsFiles(ca=Path(path).read_bytes()) for path in (authority.ca, authority.issue("other").cert)]
    one, other = (replace(REVISION.upstream, tls=True, tls_files=held) for held in files)

    async def scene():
        holder = Holder(replace(REVISION, upstream=one))
        pool = holder.serving.pool
        holder.swap(replace(REVISION, number=2, upstream=replace(one)))
        assert holder.serving.pool is pool
        holder.swap(replace(REVISION, number=3, upstream=other))
        assert holder.serving.pool is not pool
        holder.close()

    asyncio.run(scene())


def test_a_target_whose_certificates_cannot_be_read_changes_nothing():
    async def scene():
        holder = Holder(REVISION)
        unreadable = replace(REVISION.upstream, tls=True, tls_files=TlsFiles(ca=b"no certificate"))
        with pytest.raises(OSError, match="NO_CERTIFICATE"):
            holder.swap(replace(REVISION, upstream=unreadable))
        assert holder.revision is REVISION

    asyncio.run(scene())


def test_each_allowed_origin_has_its_field_lines_ready():
    cors = Holder(REVISION).serving.plan(READ).cors
    assert cors[b"https://a"].startswith(b"Access-Control-Allow-Origin: https://a\r\n")
    assert b"https://b" not in cors
