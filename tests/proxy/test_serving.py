"""A serving: a plan for each operation, the app's paths, and the remembered requests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from tests.narrow import stand_in

PAGE = build_face("text/html", b"")
READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", is_safe=False)
REVISION = Revision(
    number=1, public_url="https://gw", rules=(READ, WRITE), limits=Bounds(), cors_origins=("https://a",),
    gate=stand_in(SimpleNamespace(judge=None)), faces={"/openapi.json": PAGE, "/openapi.json?profile=plugin": PAGE},
    upstream=UpstreamSettings(host="up", port=1, authority=b"up"), operations_total=2,
    read_injection=Injection(headers=((b"X-Key", b"read"),)), write_injection=Injection(headers=((b"X-Key", b"write"),)),
)  # fmt: skip


def sent(holder: Holder, rule: OperationRule) -> bytes:
    return holder.serving.plan(rule).uplink.end


def test_reads_and_writes_carry_their_own_credential() -> None:
    holder = Holder(REVISION)
    assert b"X-Key: read\r\n" in sent(holder, READ)
    assert b"X-Key: write\r\n" in sent(holder, WRITE)


def test_operations_of_one_kind_share_their_uplink_and_others_do_not() -> None:
    serving = Holder(REVISION).serving
    alike, other = replace(READ, path_template="/q"), replace(READ, header_names=frozenset({b"x-a"}))
    uplink = serving.plan(READ).uplink

    assert serving.plan(alike).uplink is uplink
    assert serving.plan(other).uplink is not uplink
    assert serving.plan(alike) is not serving.plan(READ)


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
def test_faces_the_apps_paths_and_preflights_are_local(method: bytes, path: bytes, is_local: bool) -> None:
    assert Holder(REVISION, local_paths={b"/mcp"}).serving.is_local(method, path) is is_local


@pytest.mark.parametrize(
    ("revision", "local_paths", "method", "accept", "is_local"),
    [
        (replace(REVISION, page=PAGE), (), b"GET", b"text/html", True),
        (replace(REVISION, page=PAGE), (), b"GET", b"*/*", False),
        (replace(REVISION, page=PAGE), (), b"POST", b"text/html", False),
        (replace(REVISION, page=PAGE), (b"/",), b"POST", b"*/*", True),
        (REVISION, (), b"GET", b"text/html", False),
        (REVISION, (b"/",), b"GET", b"*/*", True),
    ],
)
def test_the_root_is_local_only_for_a_browser(
    revision: Revision, local_paths: tuple[bytes, ...], method: bytes, accept: bytes, is_local: bool
) -> None:
    serving = Holder(revision, local_paths=local_paths).serving
    assert serving.is_local(method, b"/", [(b"accept", accept)]) is is_local


def test_each_allowed_origin_has_its_field_lines_ready() -> None:
    cors = Holder(REVISION).serving.plan(READ).cors
    assert cors[b"https://a"].startswith(b"Access-Control-Allow-Origin: https://a\r\n")
    assert b"https://b" not in cors


@pytest.mark.parametrize(("minor", "is_kept"), [(1, True), (0, False)])
def test_field_lines_that_come_again_are_read_once_where_they_mean_the_same(minor: int, is_kept: bool) -> None:
    serving = Holder(REVISION).serving
    blocks = [serving.blocks.entries.get(b"Host: a\r\n") or serving.read(b"Host: a\r\n", minor) for _ in range(3)]
    assert (blocks[1] is blocks[2]) is is_kept
    assert blocks[0].request.closes is (minor == 0)
