"""The gate permits a call only if every server reads its path as an allowed operation, and no server as a denied one."""

from __future__ import annotations

import base64
import json
import pickle
import re
from itertools import product
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.gate.gate import NOT_FOUND, Gate
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.refusal import Refusal, problem_details
from tests.gate.pets import ALLOWED, PETS, gate_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pets() -> Gate:
    return gate_of(PETS, ALLOWED)


@pytest.mark.parametrize(
    ("method", "target", "template", "query"),
    [
        (b"GET", b"/pets", "/pets", b""),
        (b"GET", b"/pets?", "/pets", b""),
        (b"GET", b"/pets?limit=10&tag=a&tag=b", "/pets", b"limit=10&tag=a&tag=b"),
        (b"POST", b"/pets", "/pets", b""),
        (b"HEAD", b"/pets/12", "/pets/{petId}", b""),
        (b"GET", b"/pets/a%20b", "/pets/{petId}", b""),
        (b"GET", b"/files/%E2%9C%93.txt", "/files/{name}", b""),
        (b"GET", b"/files/%7Euser", "/files/{name}", b""),
        (b"GET", b"/files/export", "/files/{name}", b""),
        (b"GET", b"/pets/exporter", "/pets/{petId}", b""),
    ],
)
def test_an_allowed_call_is_permitted_with_the_path_as_sent(
    pets: Gate, method: bytes, target: bytes, template: str, query: bytes
) -> None:
    permit = pets.judge(method, target)

    assert isinstance(permit, Permit)
    assert permit.rule.path_template == template
    assert permit.path == target.partition(b"?")[0]
    assert permit.query == query


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"GET", b"/admin/users"),
        (b"GET", b"/undocumented"),
        (b"GET", b"/"),
        (b"GET", b"/files"),
        (b"GET", b"/files/"),
        (b"GET", b"/pets/"),
        (b"GET", b"/PETS"),
        (b"GET", b"/p%65ts"),
        (b"GET", b"/pets/1/secrets"),
        (b"GET", b"/pets/1/secrets.json"),
        (b"GET", b"/pets/export"),
        (b"HEAD", b"/pets/export"),
        (b"GET", b"/pets/export?limit=1"),
        (b"GET", b"/pets/EXPORT"),
        (b"GET", b"/pets/%65xport"),
        (b"GET", b"/pets/export.json"),
        (b"GET", b"/pets/export%20"),
        (b"GET", b"/pets/export%3Bx"),
        (b"GET", b"/pets/%2565xport"),
        (b"GET", b"/pets/ex%ef%bd%90ort"),
        (b"DELETE", b"/pets/export"),
        (b"FOO", b"/nowhere"),
        (b"OPTIONS", b"/admin/users"),
    ],
)
def test_what_is_denied_and_what_is_unknown_get_one_answer(pets: Gate, method: bytes, target: bytes) -> None:
    refusal = pets.judge(method, target)

    assert isinstance(refusal, Refusal)
    assert problem_details(refusal) == problem_details(NOT_FOUND)
    assert refusal.headers == NOT_FOUND.headers


@pytest.mark.parametrize(
    "method", [b"DELETE", b"PUT", b"Get", b"get", b"FOO", b"TRACE", b"CONNECT", b"", b"G\xff", b"A" * 5000]
)
def test_another_method_names_the_allowed_ones_only(pets: Gate, method: bytes) -> None:
    refusal = pets.judge(method, b"/pets/1")

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (405, "method-not-allowed")
    assert refusal.detail == "This path does not allow that method."
    assert refusal.hint == "Use GET or HEAD."
    assert refusal.headers == ((b"Allow", b"GET, HEAD"),)


@pytest.mark.parametrize("target", [b"/pets/1%2fsecrets", b"/nowhere%2fx", b"/files/a%2Fb", b"/files/a%2Fb?x=1"])
def test_an_encoded_slash_is_refused_where_no_parameter_takes_it(pets: Gate, target: bytes) -> None:
    refusal = pets.judge(b"GET", target)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "ambiguous-path"


REPO = [
    "GET /repos/{r}/contents/{path}",
    "GET /repos/{r}/contents/{path}/secrets",
    "GET /repos/{r}/contents/admin/users",
    "GET /users/{r}/contents/{path}/b",
    "GET /repos/{r}/contents/top",
    "GET /repos/{r}/{x}",
    "GET /{a}/{b}/{c}/{d}/{e}/{f}",
    "GET /blobs/a/b/secret",
    "GET /blobs/a/{x}/{y}/{z}",
    "GET /blobs/c/{x}/{y}",
    "GET /{a}/{b}/{c}/export",
    "GET /trees/a/b",
    "GET /{top}/x/y/z",
]
SLASHED = [REPO[0], "GET /blobs/{path}", "GET /blobs/{path}/raw", "GET /trees/{path}/"]


@pytest.fixture(scope="module")
def repository() -> Gate:
    return gate_of([*REPO, *SLASHED], SLASHED, slashes=["path"])


@pytest.mark.parametrize(
    ("target", "is_permitted"),
    [
        (b"/repos/r/contents/a%2Fb", True),
        (b"/repos/r/contents/a%2Fb%2fc", True),
        (b"/repos/r/contents/a", True),
        (b"/repos/r/contents/top", False),
        (b"/repos/r/contents/top%2Fx", False),
        (b"/repos/r/contents/TOP.php%2Fx", False),
        (b"/repos/r/contents/topmost%2Fx", True),
        (b"/repos/r/contents/admin%2Fusers%2F1", False),
        (b"/repos/r/contents/x%2Fsecrets%2F1%2F2", False),
        (b"/repos/r/contents/x%2Fy%2Fsecrets", True),
        (b"/repos/r%2Fx/contents/a", False),
        (b"/repos/r/contents/a%2Fsecrets", False),
        (b"/repos/r/contents/a%2FSECRETS.json", False),
        (b"/repos/r/contents/admin%2Fusers", False),
        (b"/repos/r/contents/admin%2Fother", True),
        (b"/repos/r/contents/a%2F..%2Fb", False),
        (b"/repos/r/contents/a%2F%2Fb", False),
        (b"/repos/r/contents/a%252Fb", False),
        (b"/repos/r/contents/a%2Fb%2F", False),
        (b"/repos/r/contents/a/b", False),
        (b"/blobs/a%2Fb", True),
        (b"/blobs/a%2Fb%2Fsecret/raw", False),
        (b"/blobs/b%2Fb%2Fopen/raw", True),
        (b"/blobs/c%2Fb", True),
        (b"/blobs/c%2Fb%2Fc", False),
        (b"/blobs/c%2Fb%2Fc%2Fd", False),
        (b"/blobs/a%2Fb%2Fc", True),
        (b"/trees/a%2Fb/", False),
        (b"/trees/a%2Fc/", True),
        (b"/trees/x%2Fy%2Fz%2F1/", False),
    ],
)
def test_a_parameter_may_take_encoded_slashes_but_not_reach_a_denied_path_by_them(
    repository: Gate, target: bytes, is_permitted: bool
) -> None:
    assert isinstance(repository.judge(b"GET", target), Permit) is is_permitted


@pytest.mark.parametrize(
    ("target", "is_permitted"),
    [
        (b"/files/acme/secret%2Fkeys", False),
        (b"/files/ACME/secret%2Fkeys%2F1", False),
        (b"/files/other/secret%2Fkeys", True),
        (b"/files/acme/open%2Fkeys", True),
        (b"/files/acme/a%2Fb%2Fc", True),
        (b"/store/acme/secret%2Fkeys", True),
    ],
)
def test_an_encoded_slash_reaches_no_denied_path_with_other_fixed_segments_before_it(
    target: bytes, is_permitted: bool
) -> None:
    operations = ["GET /files/{owner}/{path}", "GET /store/{owner}/{path}", "GET /files/acme/secret/keys"]
    gate = gate_of(operations, operations[:2], slashes=["path"])

    assert isinstance(gate.judge(b"GET", target), Permit) is is_permitted


@pytest.mark.parametrize(
    "name",
    [
        "m%C4%B0ne",
        "m%C4%B1ne",
        "M%C4%B0NE",
        "mi%CC%87ne",
        "%EF%BC%ADine",
        "m%C3%ADne",
        "m%E2%93%98ne",
        "m%25C4%25B0ne.json",
    ],
)
def test_no_case_mapping_of_an_origin_leads_to_a_denied_path(name: str) -> None:
    """Stock Caddy lowers U+0130 to `i` (Go's simple mapping), a JVM uppers U+0131 to `I`: both reached `/pets/mine`."""
    gate = gate_of(["GET /pets/{petId}", "GET /pets/mine"], ["GET /pets/{petId}"])

    assert gate.judge(b"GET", f"/pets/{name}".encode()) == NOT_FOUND
    assert isinstance(gate.judge(b"GET", b"/pets/m%C4%B0nd"), Permit)


def test_a_query_is_judged_by_its_operation(pets: Gate) -> None:
    assert isinstance(pets.judge(b"GET", b"/pets?limit=1"), Permit)
    refusal = pets.judge(b"GET", b"/files/a?limit=1")

    assert isinstance(refusal, Refusal)
    assert refusal.code == "undeclared-query-parameter"


def test_a_query_that_cannot_be_read_is_refused(pets: Gate) -> None:
    refusal = pets.judge(b"GET", b"/pets?limit=1;tag=2")

    assert isinstance(refusal, Refusal)
    assert refusal.code == "malformed-query"


def test_an_empty_allow_list_permits_nothing() -> None:
    gate = gate_of(PETS, [])

    for text in PETS:
        method, path = text.split(" ")
        assert gate.judge(method.encode(), path.replace("{petId}", "1").replace("{name}", "1").encode()) == NOT_FOUND


def test_a_gate_survives_pickling(pets: Gate) -> None:
    copy = pickle.loads(pickle.dumps(pets))

    assert copy == pets
    assert isinstance(copy.judge(b"GET", b"/pets/1"), Permit)


# Laws. The normalisations that origins apply to a path before they route it are written here independently of the gate.

OVERLONG = {b"\xc0\xae": b".", b"\xc0\xaf": b"/", b"\xe0\x80\xaf": b"/", b"\xef\xbc\x8f": b"/", b"\xef\xbc\x8e": b"."}


def _remove_dot_segments(path: bytes) -> bytes:
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            kept = kept[:-1]
        elif segment != b".":
            kept.append(segment)
    if segments[-1] in (b".", b".."):
        kept.append(b"")
    return b"/" + b"/".join(kept)


def _best_fit(path: bytes) -> bytes:
    for octets, character in OVERLONG.items():
        path = path.replace(octets, character)
    return path


NORMALISERS = (
    unquote_to_bytes,
    _remove_dot_segments,
    _best_fit,
    bytes.lower,
    lambda path: path.replace(b"\\", b"/"),
    lambda path: re.sub(rb";[^/]*", b"", path),
    lambda path: re.sub(rb"//+", b"/", path),
    lambda path: path.rstrip(b"/") or b"/",
    lambda path: re.sub(rb"[\s.]+(?=/|\Z)", b"", path),
    lambda path: re.split(rb"[\x00?#]", path)[0],
    lambda path: re.sub(rb"\.(json|xml|html|csv)\Z", b"", path),
    lambda path: re.sub(rb"(?<=[^/.])\.[a-z]+\Z", b"", path),
    lambda path: path.replace(b"+", b" "),
    lambda path: re.sub(rb"%u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)).encode(errors="replace"), path),
)


def interpretations(path: bytes) -> set[bytes]:
    seen = {path}
    edge = {path}
    for _ in range(3):
        edge = {changed for p in edge for normalise in NORMALISERS if (changed := normalise(p)).startswith(b"/")} - seen
        seen |= edge
    return seen


def operations_at(method: str, path: bytes, operations: Any) -> set[str]:
    segments = path.split(b"/")
    found = set()
    for text in operations:
        key = key_of(text)
        parts = key.path.split("/")
        if key.method == method and len(parts) == len(segments):
            pairs = list(zip(parts, segments, strict=True))
            if all(value if part.startswith("{") else part.encode() == value for part, value in pairs):
                # An origin does not serve a template on a path that has a concrete path item.
                found.add(text)
    return {text for text in found if "{" not in text} or found


ATOMS = st.sampled_from(
    [
        b"/", b"pets", b"export", b"EXPORT", b"secrets", b"files", b"admin", b"users", b"1", b"%2f", b"%2F", b"%2e", b".", b"..",
        b"%252e", b"%252f", b"%5c", b"\\", b";", b"%3b", b"?", b"%3f", b"%23", b"#", b"%00", b"%20", b"%09", b" ", b"+", b".json",
        b".xml", b".csv", b"%c0%af", b"%c0%ae", b"%ef%bc%8f", b"%ef%bc%8e", b"%25", b"%65", b"%2565", b"xport", b"%u002f", b"%7e",
        b"%41", b":", b"limit=1", b"&", b"%ff", b"\xff", b"\x00",
    ]
)  # fmt: skip
TARGETS = st.tuples(
    st.sampled_from([b"/", b"/pets", b"/pets/", b"/pets/1/", b"/files/", b"/pets/export", b""]),
    st.lists(ATOMS, max_size=6),
).map(lambda pair: pair[0] + b"".join(pair[1]))


@given(st.sampled_from([b"GET", b"HEAD", b"POST", b"DELETE"]), TARGETS)
@example(b"GET", b"/pets/export.json")
@example(b"GET", b"/files/..")
@example(b"GET", b"/files/.json")
def test_every_reading_of_a_permitted_path_leads_to_an_allowed_operation(
    pets: Gate, method: bytes, target: bytes
) -> None:
    permit = pets.judge(method, target)

    if isinstance(permit, Permit):
        assert permit.path == target.partition(b"?")[0]
        as_read = "GET" if method == b"HEAD" else method.decode()
        for path in interpretations(permit.path):
            found = operations_at(as_read, path, PETS)
            assert found, path
            assert found <= set(ALLOWED), path


@given(st.binary(max_size=20), st.binary(max_size=80))
def test_judging_never_raises(pets: Gate, method: bytes, target: bytes) -> None:
    assert isinstance(pets.judge(method, target), Permit | Refusal)
    assert isinstance(pets.judge(b"GET", b"/pets/" + target), Permit | Refusal)


def paths_of(*segments: str) -> list[str]:
    """All paths of one to three of these segments: drawing one of them is cheaper than drawing segments."""
    return ["/" + "/".join(path) for length in (1, 2, 3) for path in product(segments, repeat=length)]


OPERATIONS = st.lists(
    st.sampled_from([f"{m} {path}" for path in paths_of("a", "A", "b", "{x}", "{x}.j", "c") for m in ("GET", "POST")]),
    min_size=1,
    max_size=8,
    unique=True,
)
CALLS = st.sampled_from([path.encode() for path in paths_of("a", "A", "b", "c", "a.j", "z", "B.j")])
CHOICES = st.integers(0, 255)


def chosen_from(operations: list[str], choices: int) -> list[str]:
    """The operations whose bit is set."""
    return [text for index, text in enumerate(operations) if choices >> index & 1]


@given(OPERATIONS, CHOICES, CALLS, st.integers(0, 999))
def test_the_order_of_operations_in_the_document_decides_nothing(
    operations: list[str], choices: int, call: bytes, seed: int
) -> None:
    allowed = chosen_from(operations, choices)
    shuffled = Random(seed).sample(operations, len(operations))

    one, two = (gate_of(order, allowed).judge(b"GET", call) for order in (operations, shuffled))

    assert isinstance(one, Permit) is isinstance(two, Permit)
    assert isinstance(one, Permit) or one == two


@given(OPERATIONS, CHOICES, CALLS)
def test_denied_operations_never_permit_more(operations: list[str], choices: int, call: bytes) -> None:
    allowed = chosen_from(operations, choices)

    if isinstance(gate_of(operations, allowed).judge(b"GET", call), Permit):
        assert isinstance(gate_of(allowed, allowed).judge(b"GET", call), Permit)


@given(OPERATIONS, CHOICES, CALLS)
def test_no_permitted_path_begins_with_a_denied_one_that_the_client_could_choose(
    operations: list[str], choices: int, call: bytes
) -> None:
    """Origins with PATH_INFO or subtree routes serve a path by its beginning."""
    allowed = chosen_from(operations, choices)
    permit = gate_of(operations, allowed).judge(b"GET", call)
    if not isinstance(permit, Permit):
        return
    taken = permit.rule.path_template.split("/")
    segments = call.decode().split("/")
    for text in operations:
        parts = key_of(text).path.split("/")
        is_concrete = "{" not in text
        if (
            text not in allowed
            and is_concrete
            and f"GET {key_of(text).path}" not in allowed
            and len(parts) < len(segments)
        ):
            chosen = any(ours.startswith("{") for ours, _ in zip(taken, parts, strict=False))
            assert not chosen or [part.lower() for part in parts] != [s.lower() for s in segments[: len(parts)]]


def attack_calls() -> Iterator[Any]:
    """The request lines of the hostile-caller cases, with the number of upstream requests that each may cause."""
    cases = Path(__file__).parents[2].parent / "shared" / "attack" / "cases.json"
    if not cases.exists():
        yield pytest.param(b"", b"", [0, 1], marks=pytest.mark.skip(reason="../shared/attack/cases.json is absent"))
        return
    for case in json.loads(cases.read_text())["cases"]:
        if case["kind"] == "http" and case["group"] in {"path-bypass", "method-bypass", "query", "legit"}:
            line = b"".join(base64.b64decode(part["b64"]) for part in case["send"]).split(b"\r\n")[0]
            if found := re.fullmatch(rb"([^ ]*) (.*) HTTP/1\.[01]", line, re.DOTALL):
                yield pytest.param(found[1], found[2], case["expect"]["upstream_requests"], id=case["id"])


@pytest.mark.parametrize(("method", "target", "upstream_requests"), [*attack_calls()])
def test_hostile_calls_are_refused_and_legitimate_ones_permitted(
    pets: Gate, method: bytes, target: bytes, upstream_requests: list[int]
) -> None:
    verdict = pets.judge(method, target)

    if 0 not in upstream_requests:
        assert isinstance(verdict, Permit)
    if not any(upstream_requests):
        assert isinstance(verdict, Refusal)


def test_the_refusal_of_an_undeclared_name_holds_the_permit_for_the_rest(pets: Gate) -> None:
    refusal = pets.judge(b"GET", b"/pets?limit=1&nope=2")

    assert isinstance(refusal, UndeclaredQuery)
    assert refusal.permit is not None
    assert (refusal.permit.rule.operation_id, *refusal.permit[1:]) == ("GET /pets", b"/pets", b"limit=1")
