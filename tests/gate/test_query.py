"""Queries rebuilt from declared names."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.query import MAX_PAIRS, decode_name, is_plain_name, rebuild_query
from plugin_gateway.refusal import Refusal

RULE = OperationRule(
    method="GET",
    path_template="/pets",
    operation_id="listPets",
    query_names=frozenset({b"limit", b"tag", b"tag[]", b"a b", "né".encode()}),
    query_prefixes=frozenset({b"filter"}),
)
OPEN = OperationRule(method="GET", path_template="/any", operation_id="any", any_query=True)


@pytest.mark.parametrize(
    "query",
    [
        b"limit=10&tag=a&tag=b",
        b"tag=b&tag=a",
        b"limit=1&limit=2",
        b"limit",
        b"limit=",
        b"limit=a%26b%3Dc",
        b"limit=http://x.example/%3Fa",
        b"limit=caf%C3%A9",
        b"l%69mit=1",
        b"tag[]=1&tag%5B%5D=2&tag%5b]=3",
        b"a+b=1&a%20b=2",
        b"n%C3%A9=1",
        b"filter[status]=open&filter%5Ba%5D%5Bb%5D=1&filter[]=2",
        b"limit=a=b==",
        b"limit={}|^`\\",
    ],
)
def test_declared_pairs_pass_byte_for_byte(query: bytes) -> None:
    assert rebuild_query(query, RULE) == query


@pytest.mark.parametrize(
    ("query", "rebuilt"), [(b"&limit=1", b"limit=1"), (b"limit=1&&tag=2&", b"limit=1&tag=2"), (b"&", b"")]
)
def test_empty_pairs_are_left_out(query: bytes, rebuilt: bytes) -> None:
    assert rebuild_query(query, RULE) == rebuilt


@pytest.mark.parametrize(
    "query",
    [
        b"api_key=x",
        b"LIMIT=1",
        b"limit[]=1",
        b"limit[0]=1",
        b"limit%00=1",
        b"limi%2574=1",
        b"=x",
        b"filter=1",
        b"filter[a=1",
        b"filter[a]x=1",
        b"filterx[a]=1",
        b"_method=DELETE",
        b"__proto__[x]=1",
        b"limit=1&callback=alert(1)",
        b"%ff=1",
    ],
)
def test_an_undeclared_name_is_refused_and_the_declared_ones_are_named(query: bytes) -> None:
    refusal = rebuild_query(query, RULE)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (400, "undeclared-query-parameter")
    assert refusal.hint == "Leave it out; the operation takes a b, filter[…], limit, né, tag, tag[]."
    assert refusal.members["declared"] == ["a b", "filter[…]", "limit", "né", "tag", "tag[]"]


@pytest.mark.parametrize(
    "query",
    [
        b"limit=1;api_key=x",
        b"limit=%",
        b"limit=%zz",
        b"%u0061pi_key=x",
        b"limit=\xff",
        b"limit=\x00",
        b"limit=1#x",
        b"a b=1",
    ],
)
def test_a_query_that_another_parser_may_read_otherwise_is_refused(query: bytes) -> None:
    refusal = rebuild_query(query, RULE)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (400, "malformed-query")


@pytest.mark.parametrize(
    "name",
    [
        b"api_key", b"API_KEY", b"api-key", b"api.key", b"apikey", b"ApiKey", b"api+key", b"api%20key", b"api%5Fkey",
        b"api%255Fkey", b"%61pi_key", b"api_key[]", b"api_key[0]", b"api_key%5B%5D", b"api_key%00", b"api_key%00x",
        b"api%25u005fkey", b"api[key", b"api%5Bkey", b"api[key[x]",
    ],
)  # fmt: skip
def test_no_spelling_of_an_injected_name_passes_even_where_any_name_does(name: bytes) -> None:
    withheld = {fold_name(b"api_key")}

    assert rebuild_query(b"other=1", OPEN, withheld) == b"other=1"
    assert isinstance(rebuild_query(name + b"=attacker", OPEN, withheld), Refusal)


def test_an_injected_name_is_refused_beside_an_empty_pair() -> None:
    assert rebuild_query(b"&other=1", OPEN, {b"apikey"}) == b"other=1"
    assert isinstance(rebuild_query(b"&api_key=1", OPEN, {b"apikey"}), Refusal)


def test_an_injected_name_below_a_prefix_is_refused() -> None:
    rule = OperationRule(method="GET", path_template="/", operation_id="x", query_prefixes=frozenset({b"key"}))

    assert isinstance(rebuild_query(b"key[a]=1", rule, {b"key"}), Refusal)


def test_members_pass_where_any_name_does() -> None:
    query = b"a[b]=1&a%5Bb%5D[c]=2&a[]=3&a[0].b=4"
    assert rebuild_query(query, OPEN) == query


@pytest.mark.parametrize(
    "query",
    [
        b"a%01=1",
        b"a%0d%0a=1",
        b"%ff=1",
        b"caf%C3%A9=1",
        b"_method=DELETE",
        b"%5fMethod=PUT",
        b"x_http-method.override=PUT",
    ],
)
def test_an_open_query_refuses_unprintable_names_and_method_overrides(query: bytes) -> None:
    assert isinstance(rebuild_query(query, OPEN), Refusal)


@given(st.binary(min_size=1))
def test_where_any_name_passes_each_plain_name_passes(name: bytes) -> None:
    query = quote_from_bytes(name, safe="").encode() + b"=1"
    assert (rebuild_query(query, OPEN) == query) == is_plain_name(name)


@pytest.mark.parametrize(
    ("query", "detail", "hint"),
    [
        (b"limit=50%", "a `%` that does not begin an escape at offset 8", "Write a percent sign as %25."),
        (b"limit=1;tag=2", "a `;` (some servers read it as `&`) at offset 7", "Write it as %3B."),
        (b'limit="', '`"` at offset 6', "Write it as %22."),
    ],
)
def test_a_malformed_query_says_how_to_mend_it(query: bytes, detail: str, hint: str) -> None:
    refusal = rebuild_query(query, RULE)

    assert isinstance(refusal, Refusal)
    assert (refusal.detail, refusal.hint) == (f"The query contains {detail}.", hint)


def test_too_many_pairs_are_refused() -> None:
    assert isinstance(rebuild_query(b"tag&" * (MAX_PAIRS - 1) + b"tag", RULE), bytes)
    assert isinstance(rebuild_query(b"tag&" * MAX_PAIRS + b"tag", RULE), Refusal)


def test_a_refusal_shows_a_few_short_printable_names() -> None:
    refusal = rebuild_query(b"&".join(b"%%1b[31m%d" % n + b"x" * 500 for n in range(50)), RULE)

    assert isinstance(refusal, Refusal)
    assert len(refusal.members["undeclared"]) == 5
    assert len(refusal.detail) < 500
    assert refusal.detail.isprintable()


def test_an_operation_without_parameters_says_so() -> None:
    rule = OperationRule(method="GET", path_template="/", operation_id="x")
    refusal = rebuild_query(b"a=1", rule)

    assert isinstance(refusal, Refusal)
    assert refusal.hint == "Leave it out; the operation takes no query parameters."


@given(st.binary(max_size=80))
def test_a_rebuilt_query_has_declared_names_only(query: bytes) -> None:
    rebuilt = rebuild_query(query, RULE)

    if isinstance(rebuilt, bytes):
        for pair in filter(None, rebuilt.split(b"&")):
            name = decode_name(pair.split(b"=")[0])
            assert name in RULE.query_names or name.startswith(b"filter[")


@given(
    st.lists(
        st.tuples(st.sampled_from([b"limit", b"tag"]), st.text("abc%&=;é", max_size=8).map(str.encode)), max_size=5
    )
)
def test_values_encoded_once_pass_unchanged(pairs: list[tuple[bytes, bytes]]) -> None:
    from urllib.parse import quote

    query = b"&".join(name + b"=" + quote(value, safe="").encode() for name, value in pairs)

    assert rebuild_query(query, RULE) == query
