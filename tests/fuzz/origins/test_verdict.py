"""The fuzzer's judge: what it must see in a forwarded request and in an origin's answer."""

from __future__ import annotations

import pytest

from fuzz.origins.verdict import judge_forwarded, judge_reached, number_of, routes_reached

OURS = b"X-Api-Key: header-key-7f3a9c51\r\n"
KEY = b"api_key=query-key-51be02d8"


def forwarded(target: bytes = b"/base/pets?" + KEY, fields: bytes = OURS) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nUser-Agent: target/12\r\n" + fields + b"\r\n"


def test_a_request_with_one_key_in_each_place_below_the_base_is_no_hole() -> None:
    assert judge_forwarded(forwarded()) == []
    assert judge_forwarded(forwarded(b"/base/pets/a%2Fb?limit=callers-secret&" + KEY)) == []


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (forwarded(b"/admin?" + KEY), "the path leaves the base"),
        (forwarded(b"/base/../admin?" + KEY), "the path leaves the base"),
        (forwarded(b"/base/x/%2e%2e%2f..%5cadmin?" + KEY), "the path leaves the base"),
        (forwarded(b"/base/pets"), "0 key parameters, or another key"),
        (forwarded(b"/base/pets?API%5fKEY=mine&" + KEY), "2 key parameters, or another key"),
        (forwarded(fields=OURS + b"x_api_key: mine\r\n"), "2 key fields, or another key"),
        (forwarded(fields=b"X-Api-Key: mine\r\n"), "1 key fields, or another key"),
        (forwarded(fields=OURS + b"Cookie: a=callers-secret\r\n"), "a credential of the caller is forwarded"),
        (forwarded(fields=OURS + b"Prefer: callers%2Dsecret\r\n"), "a credential of the caller is forwarded"),
    ],
)
def test_a_request_that_must_not_go_up_is_a_hole(head: bytes, what: str) -> None:
    assert [hole.what for hole in judge_forwarded(head)] == [what]


def test_a_denied_route_that_an_origin_reached_is_a_hole_in_every_style() -> None:
    head = b"HTTP/1.1 200 OK\r\nx-reached: exact=getPet,caseless=getMine,raw=outside\r\n\r\n"
    assert routes_reached(head) == [("exact", "getPet"), ("caseless", "getMine"), ("raw", "outside")]
    holes = judge_reached("node", head)
    assert [(hole.where, hole.what) for hole in holes] == [
        ("node caseless", "denied getMine"),
        ("node raw", "outside the base"),
    ]


def test_the_number_of_a_target_is_read_from_its_user_agent() -> None:
    assert number_of(forwarded()) == 12
    assert number_of(b"GET / HTTP/1.1\r\nUser-Agent: curl/8\r\n\r\n") == -1
