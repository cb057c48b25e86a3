"""A gateway below a path judges what follows the path, and nothing beside it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.gate import NOT_FOUND
from plugin_gateway.gate.mount import Mount, mount_at
from plugin_gateway.gate.permit import Permit
from plugin_gateway.refusal import Refusal
from tests.gate.pets import ALLOWED, PETS, gate_of
from tests.narrow import present

MANIFEST = "/.well-known/ai-plugin.json"
MOUNT = present(mount_at("/plugin", {MANIFEST}))
assert MOUNT is not None
GATE = gate_of(PETS, ALLOWED)
SEGMENT = st.text("abcXYZ019-_~", min_size=1, max_size=6)
PATHS = st.lists(SEGMENT, min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))


@pytest.mark.parametrize(
    ("target", "rest"),
    [
        (b"/plugin/pets", b"/pets"),
        (b"/plugin/pets?a=/plugin/b", b"/pets?a=/plugin/b"),
        (b"/plugin/", b"/"),
        # The cut does not mend the rest: the gate refuses it, as it does without a mount.
        (b"/plugin//pets", b"//pets"),
        (b"/plugin/../pets", b"/../pets"),
        (b"/plugin/plugin/pets", b"/plugin/pets"),
        (b"/plugin/.well-known/ai-plugin.json", MANIFEST.encode()),
        (MANIFEST.encode(), MANIFEST.encode()),
        (MANIFEST.encode() + b"?x=1", MANIFEST.encode() + b"?x=1"),
        # No paths: the gate refuses them.
        (b"*", b"*"),
        (b"plugin/pets", b"plugin/pets"),
        (b"http://other/plugin/pets", b"http://other/plugin/pets"),
    ],
)
def test_the_gate_judges_the_rest_as_it_is(target: bytes, rest: bytes) -> None:
    assert MOUNT.cut(target) == rest


@pytest.mark.parametrize(
    "target",
    [
        b"/pets", b"/", b"/plugin", b"/plugin?a=1", b"/pluginx/pets", b"/plugin;a/pets", b"/plugin%2Fpets", b"/plugin\\pets", b"//plugin/pets",
        b"/%70lugin/pets", b"/PLUGIN/pets", b"/./plugin/pets", b"/a/../plugin/pets", b"/?/plugin/pets", b"/mcp", b"/openapi.json",
        b"/.well-known/other", b"/.WELL-KNOWN/ai-plugin.json", b"/.well-known/ai-plugin.json/", b"/.well-known/../plugin/pets",
    ],
)  # fmt: skip
def test_a_target_beside_the_mount_is_outside(target: bytes) -> None:
    mount = mount_at("/plugin", {MANIFEST})

    assert mount is not None
    assert mount.cut(target) == replace(
        NOT_FOUND,
        hint="The paths of this gateway begin with /plugin/; /plugin/openapi.json lists its operations.",
    )


def test_a_record_has_the_target_as_it_was_sent() -> None:
    assert [MOUNT.whole(target) for target in (b"/pets?a=1", b"*")] == [b"/plugin/pets?a=1", b"*"]


def test_a_gateway_with_a_host_for_itself_has_no_mount() -> None:
    assert mount_at("", {MANIFEST}) is None


def passes(mount: Mount | None, target: bytes) -> bytes | None:
    rest = mount.cut(target) if mount is not None else target
    verdict = rest if isinstance(rest, Refusal) else GATE.judge(b"GET", rest)
    return verdict.path if isinstance(verdict, Permit) else None


@given(PATHS, st.sampled_from(["", "/pets", "/pets?api_key=1", "/other", "/pets/1"]), PATHS)
def test_a_call_passes_if_and_only_if_its_rest_passes_without_the_mount(path: str, rest: str, other: str) -> None:
    mount = mount_at(path, set())

    assert passes(mount, (path + rest).encode()) == passes(None, rest.encode() or b"/no-operation")
    for beside in (rest, other + rest, path + other[1:] + rest, path.swapcase() + rest):
        if not beside.startswith(path + "/"):
            assert passes(mount, beside.encode()) is None


@given(PATHS, st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30).map(str.encode))
def test_no_target_passes_that_does_not_begin_with_the_mount(path: str, target: bytes) -> None:
    mount = mount_at(path, set())
    assert mount is not None

    if not target.startswith(path.encode() + b"/"):
        assert passes(mount, target) is None
    assert passes(mount, path.encode() + b"/" + target) == passes(None, b"/" + target)
