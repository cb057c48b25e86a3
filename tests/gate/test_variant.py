"""Variants: operations whose path templates differ only in their query."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.rule import InjectedNames
from plugin_gateway.gate.shadow import NO_TERMS, Terms
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import (
    PlainFields,
    RequiredPair,
    contradict,
    describe_pairs,
    required_pairs,
    selecting_pairs,
)
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.gate.gate import Gate

HELD = Terms(is_held=True)


def gate_of(paths: list[str], allowed: list[str], parameters: Sequence[Any] = ()) -> Gate:
    node = {"parameters": [{"in": "query", **parameter} for parameter in parameters]}
    document = Document(root={"openapi": "3.0.3", "paths": {path: {"get": node} for path in paths}}, name="t")
    return compile_gate(document, {OperationKey("GET", path): AllowedOperation(operation_id=path) for path in allowed})


def served(gate: Gate, target: bytes) -> int | str:
    """The template that a call matches, or the status of its refusal."""
    verdict = gate.judge(b"GET", target)
    return verdict.rule.path_template if isinstance(verdict, Permit) else verdict.status


@pytest.mark.parametrize(
    ("raw", "pairs"),
    [
        ((b"a=1", b"b=x%20y"), (RequiredPair(b"a", b"1"), RequiredPair(b"b", b"x y"))),
        ((b"acl",), (RequiredPair(b"acl", b""),)),
        ((b"acl=",), (RequiredPair(b"acl", b""),)),
        ((b"type={type}", b"n=a{b}c"), (RequiredPair(b"type", None), RequiredPair(b"n", None))),
        ((b"{x}=1",), (RequiredPair(b"{x}", b"1"),)),
    ],
)
def test_required_pairs_are_read_as_forms_are(raw: tuple[bytes, ...], pairs: tuple[RequiredPair, ...]) -> None:
    assert required_pairs(raw) == pairs


def test_pairs_are_shown_as_one_would_write_them() -> None:
    assert [*map(str, required_pairs((b"a=1", b"acl", b"type={t}")))] == ["a=1", "acl", "type={…}"]
    assert [*map(str, required_pairs((b"%ff=%fe", b"%ff")))] == ["\ufffd=\ufffd", "\ufffd"]


def test_values_that_are_no_text_are_compared_too() -> None:
    ours = required_pairs((b"a=%ff",))
    assert contradict(ours, required_pairs((b"a=1",)))
    assert not contradict(ours, required_pairs((b"a=%ff",)))


def test_variants_contradict_each_other_where_one_name_has_two_values() -> None:
    ours = required_pairs((b"Action=List", b"n={n}"))
    assert contradict(ours, required_pairs((b"Action=Delete",)))
    assert not contradict(ours, required_pairs((b"Action=LIST",)))
    assert not contradict(ours, required_pairs((b"n=1",)))
    assert not contradict(ours, required_pairs((b"Action={a}",)))
    assert not contradict(ours, ())


ACTIONS = ["/?Action=List", "/?Action=Delete", "/?Action=Drop&Version=1"]


@pytest.mark.parametrize("siblings", [[], ACTIONS[1:]], ids=["alone", "beside denied siblings"])
@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/?Action=List", "/?Action=List"),
        (b"/?Action=Li%73t&Version=2", "/?Action=List"),
        (b"/?%41ction=List", "/?Action=List"),
        (b"/?Version=2&Action=List", "/?Action=List"),
        (b"/", 404),
        (b"/?Action=Delete", 404),
        (b"/?Action=list", 404),
        (b"/?Action=List&Action=Delete", 404),
        (b"/?Action=List&%41ction=Delete", 404),
        (b"/?Action=List&action=Delete", 400),
        (b"/?Action=List&Action[]=Delete", 400),
        (b"/?Action=List&more=1", 400),
    ],
)
def test_a_literal_query_is_callable_with_just_that_query_and_declared_names(
    siblings: list[str], target: bytes, found: int | str
) -> None:
    gate = gate_of([ACTIONS[0], *siblings], ACTIONS[:1], [{"name": "Version"}])
    assert served(gate, target) == found


def action(value: str, **changes: Any) -> dict[str, Any]:
    """Return an operation with the parameter that documents of AWS declare for an action."""
    parameter = {"name": "Action", "in": "query", "required": True, "schema": {"enum": [value]}, **changes}
    return {"parameters": [parameter, {"name": "Version", "in": "query"}]}


def fragments(**actions: dict[str, Any]) -> Document:
    paths = {f"/#Action={name}": {"get": operation} for name, operation in actions.items()}
    return Document(root={"openapi": "3.0.3", "paths": paths}, name="t")


@pytest.mark.parametrize(
    "changes",
    [{}, {"schema": {"const": "List"}}, {"schema": {"$ref": "#/x"}}, {"schema": None, "enum": ["List"]}],
    ids=["enum", "const", "reference", "2.0"],
)
@pytest.mark.parametrize(
    ("target", "is_permitted"),
    [
        (b"/?Action=List", True),
        (b"/?Version=2&Action=List", True),
        (b"/?Action=Drop", False),
        (b"/?Action=list", False),
        (b"/?Action=List&Action=Drop", False),
        (b"/?Version=2", False),
        (b"/", False),
    ],
)
def test_a_pair_in_a_fragment_selects_as_one_in_the_query_if_calls_must_have_it(
    target: bytes, is_permitted: bool, changes: dict[str, Any]
) -> None:
    changes = {name: value for name, value in changes.items() if value is not None}
    listed = action("List", **changes)
    if changes.keys() == {"enum"}:
        del listed["parameters"][0]["schema"]
    document = fragments(List=listed, Drop=action("Drop"))
    document.root["x"] = {"enum": ["List"]}
    gate = compile_gate(document, {OperationKey("GET", "/#Action=List"): AllowedOperation(operation_id="list")})
    assert isinstance(gate.judge(b"GET", target), Permit) is is_permitted


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (1, "1"), (2.0, "2"), (float("inf"), None), (None, None)]
)
def test_a_value_that_is_no_text_selects_as_it_is_sent(value: object, text: str | None) -> None:
    key = OperationKey("GET", f"/#Dry={text}")
    document = fragments(List=action("List"))
    document.root["paths"][key.path] = {"get": action("", name="Dry", schema={"enum": [value]})}
    found = selecting_pairs(key, document)
    assert found == (() if text is None else (RequiredPair(b"Dry", text.encode()),))


def test_a_parameter_behind_a_reference_and_one_that_is_no_text_are_read() -> None:
    shared = action("List")["parameters"][0]
    operation = {"parameters": [{"$ref": "#/components/parameters/A"}, {**shared, "name": "\ud800"}]}
    document = fragments(List=operation)
    document.root["components"] = {"parameters": {"A": shared}}
    assert selecting_pairs(OperationKey("GET", "/#Action=List"), document) == (RequiredPair(b"Action", b"List"),)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_listed_fragment_is_callable(method: str) -> None:
    names = ["List", "Get", "Drop"]
    paths = {f"/#Action={name}": {method.lower(): action(name)} for name in names}
    keys = [OperationKey(method, path) for path in paths]
    gate = compile_gate(
        Document(root={"openapi": "3.0.3", "paths": paths}, name="t"),
        {key: AllowedOperation(operation_id=key.path) for key in keys[:2]},
    )
    verdicts = [gate.judge(method.encode(), f"/?Action={name}".encode()) for name in names]
    assert [isinstance(one, Permit) and one.rule.operation_id for one in verdicts] == [
        keys[0].path,
        keys[1].path,
        False,
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"required": False},
        {"schema": {"enum": ["List", "Other"]}},
        {"schema": {"type": "string"}},
        {"name": "action"},
        {"schema": {"enum": ["Other"]}},
    ],
)
def test_a_fragment_that_calls_need_not_repeat_selects_nothing(changes: dict[str, Any]) -> None:
    key = OperationKey("GET", "/#Action=List")
    assert selecting_pairs(key, fragments(List=action("List", **changes))) == ()


def test_the_pairs_of_a_fragment_that_an_overlay_took_out_stay_closed() -> None:
    drop = OperationKey("GET", "/#Action=Drop")
    document = Document(
        root={"openapi": "3.0.3", "paths": {"/": {"get": {"parameters": [{"name": "Action", "in": "query"}]}}}},
        name="t",
        removed={drop: "overlay.yaml"},
    )
    gate = compile_gate(document, {OperationKey("GET", "/"): AllowedOperation(operation_id="root")})
    assert [isinstance(gate.judge(b"GET", target), Permit) for target in (b"/", b"/?Action=Drop")] == [True, False]


def target_operation(value: str, **changes: Any) -> dict[str, Any]:
    """Return an operation with the header field that documents of AWS declare for an action."""
    parameter = {"name": "X-Amz-Target", "in": "header", "required": True, "schema": {"enum": [value]}, **changes}
    return {"parameters": [parameter, {"name": "X-Amz-Date", "in": "header"}]}


LIST, GET, DROP = (OperationKey("POST", f"/#X-Amz-Target=Q.{name}") for name in ("List", "Get", "Drop"))
BY_HEADER = Document(
    root={
        "openapi": "3.0.3",
        "paths": {key.path: {"post": target_operation(key.path.partition("=")[2])} for key in (LIST, GET, DROP)},
    },
    name="t",
)


@pytest.mark.parametrize("allowed", [[LIST], [LIST, GET]], ids=["alone", "beside another"])
@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ([(b"x-amz-target", b"Q.List")], LIST),
        ([(b"x-amz-date", b"1"), (b"x-amz-target", b"Q.List")], LIST),
        ([(b"x-amz-target", b"Q.Get")], GET),
        ([(b"x-amz-target", b"Q.Drop")], None),
        ([(b"x-amz-target", b"q.list")], None),
        ([(b"x-amz-target", b"Q.List, Q.Drop")], None),
        ([(b"x-amz-target", b"Q.List"), (b"x-amz-target", b"Q.Drop")], None),
        ([(b"x-amz-target", b"Q.List"), (b"x-amz-target", b"Q.List")], None),
        ([(b"x-amz-target", b"Q.List"), (b"x_amz_target", b"Q.Drop")], None),
        ([(b"x_amz_target", b"Q.List")], None),
        ([(b"x-amz-target", b"")], None),
        ([], None),
    ],
)
def test_a_header_field_in_a_fragment_selects_if_calls_must_have_it(
    fields: list[tuple[bytes, bytes]], found: OperationKey | None, allowed: list[OperationKey]
) -> None:
    gate = compile_gate(BY_HEADER, {key: AllowedOperation(operation_id=key.path) for key in allowed})
    verdict = gate.judge(b"POST", b"/", PlainFields(tuple(fields)))
    assert (verdict.rule.path_template if isinstance(verdict, Permit) else None) == (
        found.path if found in allowed else None
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"required": False},
        {"in": "cookie"},
        {"schema": {"enum": ["Q.List", "Other"]}},
        {"schema": {"type": "string"}},
        {"name": "X-Amz-Other"},
        {"schema": {"enum": ["Other"]}},
    ],
)
def test_a_field_that_calls_need_not_have_selects_nothing(changes: dict[str, Any]) -> None:
    paths = {LIST.path: {"post": target_operation("Q.List", **changes)}}
    assert selecting_pairs(LIST, Document(root={"openapi": "3.0.3", "paths": paths}, name="t")) == ()


@pytest.mark.parametrize(
    "name", ["Accept", "Authorization", "Content-Type", "Host", "Cookie", "X-HTTP-Method", "a b", ""]
)
def test_a_field_that_no_document_can_describe_or_that_never_goes_up_selects_nothing(name: str) -> None:
    key = OperationKey("POST", f"/#{name}=Q.List")
    paths = {key.path: {"post": target_operation("Q.List", name=name)}}
    assert selecting_pairs(key, Document(root={"openapi": "3.0.3", "paths": paths}, name="t")) == ()


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_field_that_selects_a_denied_operation_does_not_go_up(is_removed: bool) -> None:
    plain = {"parameters": [{"name": name, "in": "header"} for name in ("X-Amz-Target", "X-Amz-Date")]}
    paths = {"/": {"post": plain}} | ({} if is_removed else {DROP.path: {"post": target_operation("Q.Drop")}})
    removed = {DROP: "overlay.yaml"} if is_removed else {}
    document = Document(root={"openapi": "3.0.3", "paths": paths}, name="t", removed=removed)
    gate = compile_gate(document, {OperationKey("POST", "/"): AllowedOperation(operation_id="root")})
    (rule,) = gate.rules
    assert rule.header_names == {b"x-amz-date"}
    assert b"xamztarget" in rule.withheld_headers


def test_a_field_that_the_gateway_sets_selects_nothing() -> None:
    gate = compile_gate(
        BY_HEADER, {LIST: AllowedOperation(operation_id="list")}, InjectedNames(headers=frozenset({b"xamztarget"}))
    )
    assert isinstance(gate.judge(b"POST", b"/", PlainFields(((b"x-amz-target", b"Q.List"),))), Refusal)


@pytest.mark.parametrize(("terms", "passes"), [(NO_TERMS, True), (HELD, False)])
def test_a_field_that_selects_an_operation_with_other_terms_does_not_go_up(terms: Terms, passes: bool) -> None:
    root = OperationKey("POST", "/")
    plain = {"parameters": [{"name": "X-Amz-Target", "in": "header"}]}
    document = Document(root={"paths": {"/": {"post": plain}, **BY_HEADER.root["paths"]}}, name="t")
    allowed = {key: AllowedOperation(operation_id=key.path) for key in (GET, DROP)}
    allowed |= {root: AllowedOperation(operation_id="/"), LIST: AllowedOperation(operation_id="list", terms=terms)}
    rules = compile_gate(document, allowed).rules_by_key
    assert (b"x-amz-target" in rules[root].header_names) is passes
    assert b"x-amz-target" in rules[GET].header_names


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(
    ("terms", "ours", "found"),
    [(HELD, NO_TERMS, False), (HELD, HELD, True), (NO_TERMS, HELD, True)],
)
@pytest.mark.parametrize("target", [b"/find?by=ID", b"/find?by=%49d"])
def test_another_spelling_is_no_call_of_an_operation_with_other_terms(
    target: bytes, terms: Terms, ours: Terms, found: bool, is_open: bool
) -> None:
    general, by_id = (OperationKey("GET", path) for path in ("/find?by={by}" if is_open else "/find", "/find?by=id"))
    node = {"parameters": [{"name": "by", "in": "query"}]}
    gate = compile_gate(
        Document(root={"openapi": "3.0.3", "paths": {key.path: {"get": node} for key in (general, by_id)}}, name="t"),
        {
            general: AllowedOperation(operation_id="general", terms=ours),
            by_id: AllowedOperation(operation_id="by_id", terms=terms),
        },
    )
    assert served(gate, b"/find?by=id") == by_id.path
    assert (served(gate, target) == general.path) is found


def test_one_name_in_the_query_and_in_the_header_are_two_pairs() -> None:
    ours = RequiredPair(b"a", b"1", "header")
    assert not contradict([ours], [RequiredPair(b"a", b"2")])
    assert contradict([ours], [ours._replace(value=b"2")])
    assert describe_pairs((RequiredPair(b"a", b"1"), RequiredPair(b"b", b""), ours)) == (
        "a=1&b in the query and the header field a: 1"
    )


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/bucket?acl", "/{bucket}?acl"),
        (b"/bucket?acl=", "/{bucket}?acl"),
        (b"/bucket?acl=x", 404),
        (b"/bucket", 404),
        (b"/bucket?policy", 404),
        (b"/bucket?acl&policy", 400),
    ],
)
def test_a_name_without_a_value_is_a_variant_too(target: bytes, found: int | str) -> None:
    assert served(gate_of(["/{bucket}?acl", "/{bucket}?policy", "/{bucket}"], ["/{bucket}?acl"]), target) == found


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/find?by=name", "/find?by={by}"),
        (b"/find?by=SECRET", 404),
        (b"/find?by=%73ecret", 404),
        (b"/find?by=secret&by=name", 404),
        (b"/find", 404),
    ],
)
def test_a_caller_cannot_choose_the_value_of_a_denied_variant(target: bytes, found: int | str) -> None:
    assert served(gate_of(["/find?by={by}", "/find?by=secret"], ["/find?by={by}"]), target) == found


def test_a_denied_variant_that_leaves_the_value_to_the_caller_closes_no_value() -> None:
    paths = ["/find?by={by}", "/find?by={other}&beta=true"]
    gate = gate_of(paths, paths[:1], [{"name": "beta"}])
    assert served(gate, b"/find?by=name") == paths[0]
    assert served(gate, b"/find?by=name&beta=true") == 400


def test_a_variant_with_a_fixed_value_wins_over_one_with_a_free_value() -> None:
    paths = ["/find?by={by}", "/find?by=id"]
    assert served(gate_of(paths, paths), b"/find?by=id") == "/find?by=id"


@pytest.mark.parametrize("name", [b"beta", b"BETA", b"b%65ta", b"beta[]", b"be-ta"])
def test_a_free_form_query_does_not_reach_a_denied_variant(name: bytes) -> None:
    free = {"name": "filter", "schema": {"type": "object"}}
    gate = gate_of(["/responses", "/responses?beta=true"], ["/responses"], [free])
    assert served(gate, b"/responses?alpha=1") == "/responses"
    assert served(gate, b"/responses?%b=true" % name) == 400


@pytest.mark.parametrize("name", [b"action", b"Action[]", b"A-ction"])
def test_a_free_form_query_has_no_second_spelling_of_a_literal_name(name: bytes) -> None:
    free = {"name": "filter", "schema": {"type": "object"}}
    gate = gate_of(ACTIONS, ACTIONS[:1], [free])
    assert served(gate, b"/?Action=List&other=1") == "/?Action=List"
    assert served(gate, b"/?Action=List&%b=Delete" % name) == 400


def test_a_method_that_the_template_writes_out_is_callable() -> None:
    gate = gate_of(["/x?_method=put", "/x?_method=delete"], ["/x?_method=put"])
    assert served(gate, b"/x?_method=put") == "/x?_method=put"
    assert served(gate, b"/x?_method=delete") == 404


PAIRS = [["", name, f"{name}=1", f"{name}=2", f"{name}={{v}}", f"{name}=a%20b"] for name in "xyz"]
QUERIES = ["&".join(filter(None, pairs)) for pairs in product(*PAIRS)]
PATHS = st.lists(
    st.sampled_from([f"/a?{query}" if query else "/a" for query in QUERIES]), min_size=1, max_size=5, unique=True
)


@given(PATHS, st.integers(0, 2**5 - 1))
def test_every_allowed_template_can_be_called_and_no_denied_one(paths: list[str], choices: int) -> None:
    allowed = [path for index, path in enumerate(paths) if choices >> index & 1]
    gate = gate_of(paths, allowed)

    for path in paths:
        found = served(gate, path.replace("{v}", "value").encode())
        if path in allowed:
            assert found == path
        elif parse_template(path).query:
            assert isinstance(found, int) or _is_as_demanding(found, path)


def _is_as_demanding(found: Any, denied: Any) -> Any:
    """Whether the allowed template requires all pairs of the denied one, so that an origin serves it first."""
    ours = {pair.name: pair.value for pair in required_pairs(parse_template(found).query)}
    theirs = required_pairs(parse_template(denied).query)
    return all(pair.name in ours and (pair.value is None or ours[pair.name] == pair.value) for pair in theirs)
