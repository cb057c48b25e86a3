"""A serving: a plan for each operation, the app's paths, and the remembered requests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.serving import Local
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


@pytest.mark.parametrize("mount", ["", "/plugin"])
@pytest.mark.parametrize(
    ("method", "target", "goes_to"),
    [
        (b"GET", b"/openapi.json?profile=lean", "app"),
        (b"POST", b"/app", "app"),
        (b"OPTIONS", b"/p", "app"),
        (b"POST", b"/mcp?a=/p", "endpoint"),
        (b"GET", b"/mcp", "endpoint"),
        (b"OPTIONS", b"/mcp", "app"),
        (b"OPTIONS", b"*", "upstream"),
        (b"GET", b"/p?a=/mcp", "upstream"),
        (b"GET", b"/mcp/", "upstream"),
        (b"GET", b"/openapi.json/", "upstream"),
        (b"GET", b"/%6fpenapi.json", "upstream"),
    ],
)
def test_a_request_goes_to_the_app_to_an_endpoint_or_to_the_upstream(
    mount: str, method: bytes, target: bytes, goes_to: str
) -> None:
    revision, endpoint = replace(REVISION, mount=mount_at(mount, set())), Endpoint(9)
    serving = Holder(revision, local_paths={b"/app"}, endpoints=lambda _: {b"/mcp": endpoint}).serving
    found = serving.destination(method, mount.encode() + target if target[:1] == b"/" else target)
    match goes_to:
        case "app":
            assert isinstance(found, Local)
            assert found.target == target
        case "endpoint":
            assert found is endpoint
        case _:
            assert found == target


@pytest.mark.parametrize(("method", "path"), [(b"GET", b"/openapi.json"), (b"OPTIONS", b"/p"), (b"POST", b"/mcp")])
def test_a_request_outside_the_mount_is_refused(method: bytes, path: bytes) -> None:
    mount = mount_at("/plugin", set())
    assert mount is not None
    serving = Holder(replace(REVISION, mount=mount), endpoints=lambda _: {b"/mcp": Endpoint(9)}).serving
    assert serving.destination(method, path) is mount.outside


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
def test_the_root_is_the_gateways_only_for_a_browser(
    revision: Revision, local_paths: tuple[bytes, ...], method: bytes, accept: bytes, is_local: bool
) -> None:
    serving = Holder(revision, local_paths=local_paths).serving
    assert isinstance(serving.destination(method, b"/", [(b"accept", accept)]), Local) is is_local


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
