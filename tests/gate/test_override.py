"""Names that make frameworks use another method."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.override import (
    find_declared_overrides,
    fold_name,
    may_become_override,
    override_of,
    refuse_override,
)
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.shadow import NO_TERMS, Terms
from plugin_gateway.openapi.document import OperationKey

HELD = Terms(is_held=True)
OVERRIDES = [
    b"_method", b"_METHOD", b"_Method", b"%5fmethod", b"%5Fmetho%64", b"%255fmethod", b"%u005fmethod", b".method", b" _method",
    b"_method ", b"_method[]", b"_method[a][b]", b"_method%00", b"_method\x00x", b"X-HTTP-Method-Override",
    b"x_http_method_override", b"X-HTTP-Method", b"X-Method-Override", b"$httpMethod", b"http_method", b"HTTP-Method-Override",
    b"methodOverride", b"method_override", b"_method[%", b"_method%00%4", b"[_method]", b"[[_method]]", b"%5B_method%5D", b"_method]", b"\xef\xbb\xbf_method", b"x-tunneled-method", b"X_Tunneled_Method",
]  # fmt: skip


@pytest.mark.parametrize("name", OVERRIDES)
def test_every_spelling_that_some_framework_obeys_is_an_override(name: bytes) -> None:
    assert override_of(name)


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b"method",
        b"Method",
        b"payment_method",
        b"_methods",
        b"_method_id",
        b"methods",
        b"-method",
        b"m",
        b"_",
        b"__method",
    ],
)
def test_other_names_are_no_override(name: bytes) -> None:
    assert override_of(name) == b""


def test_all_spellings_of_an_override_are_read_as_the_same_override() -> None:
    assert override_of(b"_Method[]") == override_of(b"%5fmethod") == b"_method"
    assert override_of(b"X-HTTP-Method-Override") == override_of(b"x_http_method.override")


@pytest.mark.parametrize("name", OVERRIDES)
def test_no_beginning_of_an_override_is_let_go(name: bytes) -> None:
    assert all(may_become_override(name[:size]) for size in range(len(name) + 1))


@pytest.mark.parametrize("times", range(4))
def test_a_beginning_that_ends_within_an_escape_is_not_let_go(times: int) -> None:
    assert may_become_override(b"_met%" + b"25" * times)


@pytest.mark.parametrize("beginning", [b"a", b"payment_", b"name", b"%61", b"_methodical", b"xxxx"])
def test_a_beginning_that_no_override_has_is_let_go(beginning: bytes) -> None:
    assert not may_become_override(beginning)


def test_a_refusal_shows_the_name_and_no_control_character() -> None:
    refusal = refuse_override(b"_method\x00" + b"x" * 1000)
    assert (refusal.status, refusal.code) == (400, "method-override")
    assert "_method\ufffdxx" in refusal.detail
    assert len(refusal.detail) < 200
    assert refuse_override(b"\xff_method").detail == (
        "The body has the field \ufffd_method, which makes some servers use another method."
    )
    assert refusal.hint == "Leave it out, and call the operation with the method you want."


def test_a_declared_override_beside_a_closed_method_is_a_warning() -> None:
    post, delete, other = OperationKey("POST", "/p"), OperationKey("DELETE", "/p"), OperationKey("POST", "/q")
    kept = {post: 3, other: 4}
    rule = OperationRule(
        method="POST", path_template="/p", operation_id="p", declared_overrides=frozenset({b"_method"})
    )
    plain = OperationRule(method="POST", path_template="/q", operation_id="q")

    terms = dict.fromkeys(kept, NO_TERMS)
    (finding,) = find_declared_overrides([post, delete, other], kept, [rule, plain], terms)
    assert (finding.rule, finding.severity, finding.pointer) == ("declares-method-override", "warning", ("allow", 3))
    assert finding.message == (
        "`POST /p` declares `_method` in its body; with it, callers may reach `DELETE /p`, which is not allowed, or only with other rules"
    )
    assert finding.hint == "take the property out of the document, or remove the entry"
    assert [*find_declared_overrides([post, other], kept, [rule, plain], terms)] == []
    assert [*find_declared_overrides([post, delete, other], kept, [plain], terms)] == []


@pytest.mark.parametrize(
    ("ours", "theirs", "is_found"),
    [(NO_TERMS, NO_TERMS, False), (NO_TERMS, HELD, True), (HELD, HELD, False), (HELD, NO_TERMS, False)],
)
def test_an_override_that_leads_to_an_operation_with_other_terms_is_found(
    ours: Terms, theirs: Terms, is_found: bool
) -> None:
    post, delete = OperationKey("POST", "/p"), OperationKey("DELETE", "/p")
    rule = OperationRule(
        method="POST", path_template="/p", operation_id="p", declared_overrides=frozenset({b"_method"})
    )
    found = find_declared_overrides([post, delete], {post: 0, delete: 1}, [rule], {post: ours, delete: theirs})
    assert bool([*found]) is is_found


@given(st.binary(max_size=30))
def test_folding_a_name_never_raises(name: bytes) -> None:
    fold_name(name)
    override_of(name)
    may_become_override(name)
