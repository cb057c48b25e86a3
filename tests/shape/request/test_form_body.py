from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.request.form_body import FormBody, FormEdit
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "integer"},
        "currency": {"type": "string", "enum": ["eur", "usd"]},
        "expand": {"type": "array", "items": {"type": "string"}},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "card": {"type": "object", "properties": {"number": {"type": "string"}, "exp": {"type": "integer"}}},
        "id": {"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 5}]},
        "codes": {"type": "array", "items": {"type": "integer"}},
        "lines": {
            "type": "array",
            "items": {"type": ["object", "null"], "properties": {"count": {"type": "integer"}}},
            "maxItems": 2,
        },
        "since": {"anyOf": [{"type": "object", "properties": {"gt": {"type": "integer"}}}, {"type": "integer"}]},
    },
    "additionalProperties": False,
}
FORM = FormBody(
    Validator(SCHEMA),
    kind_of(SCHEMA, Document(root={"openapi": "3.1.0"}, name="x")),
    (
        ("codes", Style("form", explode=False, name="codes")),
        ("card", Style("deepObject", explode=True, name="card")),
        ("since", Style("deepObject", explode=True, name="since")),
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        b"amount=5",
        b"amount=5&currency=eur&expand=a&expand=b",
        b"amount=5&expand[]=a&expand[]=b&expand[]=c",
        b"amount=5&metadata[a]=1&metadata%5Bb%5D=x+y",
        b'amount=5&metadata=%7B"a":"b"%7D',
        b"amount=5&card[number]=4242&card[exp]=12",
        b"amount=5&id=9&codes=1,2,3",
        b"amount=5&lines={}&lines={%22count%22:1}",
        b"amount=5&lines=[null,{%22count%22:1}]",
        b"amount=5&lines={}",
        b"amount=5&lines=[]",
        b"amount=5&since[gt]=9",
        b"amount=5&since=9",
        b"amount=5&",
    ],
)
def test_a_form_that_fits_passes_as_it_came(text: bytes) -> None:
    assert FORM.judge(text, b"") == (text, (), ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", Problem("/amount", "is missing")),
        (b"amount=x", Problem("/amount", "expected integer, got string")),
        (b"amount=5&currency=gbp", Problem("/currency", 'must be one of "eur", "usd"')),
        (b"amount=5&zz=1", Problem("/zz", "is not declared")),
        (b"amount=5&amount=6", Problem("/amount", "must be sent only once")),
        (b"amount=5&card[exp]=x", Problem("/card/exp", "expected integer, got string")),
        (b"amount=5&card=x", Problem("/card", "must be written as `card[member]=value`")),
        (b"amount=5&since=9&since[gt]=9", Problem("/since", "must be written as `since[member]=value`")),
        (b"amount=5&codes=1,x", Problem("/codes/1", "expected integer, got string")),
        (b"amount=5&lines=[{},{},{}]", Problem("/lines", "must have at most 2 items")),
        (b"amount=5&lines=[{%22count%22:%22x%22}]", Problem("/lines/0/count", "expected integer, got string")),
        (b"amount=5&lines=[{}", Problem("/lines", "must be JSON, with each name once in its object")),
        (b"amount=5&lines=[]&lines={}", Problem("/lines/0", "expected object or null, got array")),
        (b"amount=5&currency=%ff", Problem("/currency", "must be UTF-8")),
    ],
)
def test_the_problem_of_a_form_names_the_field(text: bytes, problem: Problem) -> None:
    assert FORM.judge(text, b"") == (text, (), (problem,))


EDIT = FormBody(change=FormEdit(removes=frozenset({"debug", "tenant"}), added=b"tenant=acme"))


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"a=1&debug=2&b=%20", b"a=1&b=%20&tenant=acme"),
        (b"a=1&tenant=evil&Tenant=evil&%74enant=evil&tenant[]=evil&tenant[x]=evil&+tenant=evil", b"a=1&tenant=acme"),
        (b"", b"tenant=acme"),
        (b"tenant", b"tenant=acme"),
    ],
)
def test_fields_are_removed_in_every_spelling_and_set(text: bytes, body: bytes) -> None:
    assert EDIT.judge(text, b"").body == body


@pytest.mark.parametrize(
    "name",
    ["user.role", "User.Role", "user[0].role", "_user", "!user.role", "in_notes", "in.notes", "in+notes", "in[notes"],
)
def test_no_name_goes_up_that_a_framework_reads_as_a_removed_field(name: str) -> None:
    edit = FormBody(change=FormEdit(removes=frozenset({"user", "in_notes"})))
    assert edit.judge(f"a=1&{name}=2&users.x=3".encode(), b"").body == b"a=1&users.x=3"


def test_a_declared_field_is_not_taken_for_another_one() -> None:
    kind = kind_of({"properties": {"user.name": {}}, "additionalProperties": {}}, Document(root={}, name="x"))
    edit = FormBody(change=FormEdit(removes=frozenset({"user"})), kind=kind)
    assert edit.judge(b"user.name=1&user.role=2", b"").body == b"user.name=1"


@pytest.mark.parametrize("name", ["a[b", "a%5Bb", "a.b", "A[b"])
def test_a_name_that_php_reads_as_another_is_not_kept(name: str) -> None:
    edit = FormBody(change=FormEdit(keeps=frozenset({"a"})))
    assert edit.judge(f"a=1&{name}=2".encode(), b"").body == b"a=1"


def test_only_kept_fields_go_up() -> None:
    edit = FormBody(change=FormEdit(keeps=frozenset({"a"})))
    assert edit.judge(b"a=1&b=2&a[x]=3", b"").body == b"a=1&a[x]=3"


def test_a_form_that_servers_separate_differently_does_not_go_up() -> None:
    assert EDIT.judge(b"a=1;tenant=evil", b"").unshaped


OPEN: dict[str, Any] = {
    "properties": {"name": {"type": "string"}, "free": {}},
    "patternProperties": {"^x-": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (b"name=a&zz=1&zz=b", ()),
        (b"free=1&free=b", ()),
        (b"[=1", ()),
        (b"zz[a=1&zz]=2", ()),
        (b"zz[a]=1&zz[b]=2", ()),
        (b"name[a=1", (Problem("/name", "must be written as `name[member]=value`"),)),
        (b"name=a&name=b", (Problem("/name", "must be sent only once"),)),
        (b"x-a=1&x-a=b", (Problem("/x-a", "expected string, got array"),)),
    ],
)
def test_a_field_of_any_form_passes_where_its_schema_admits_any_value(
    text: bytes, problems: tuple[Problem, ...]
) -> None:
    form = FormBody(Validator(OPEN), kind_of(OPEN, Document(root={"openapi": "3.1.0"}, name="x")))
    assert form.judge(text, b"") == (text, (), problems)
