import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.callers.authentication import Authentication
from plugin_gateway.callers.presented import read_login, read_presented
from plugin_gateway.refusal import Refusal
from tests.narrow import as_a

BEARER = Authentication(kind="service_http", scheme=b"bearer", challenge=b"Bearer")
BASIC = Authentication(kind="service_http", scheme=b"basic", challenge=b"Basic")
LOGIN = base64.b64encode(b"user:pass")


@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER", b"bEaReR"])
def test_the_scheme_is_read_in_any_case_and_the_token_unchanged(scheme: bytes) -> None:
    assert read_presented([scheme + b" aB+/=~"], BEARER) == b"aB+/=~"


def test_a_login_is_decoded() -> None:
    assert read_presented([b"basic " + LOGIN], BASIC) == b"user:pass"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], "missing-credential"),
        ([b""], "invalid-credential"),
        ([b"Bearer"], "invalid-credential"),
        ([b"Bearer "], "invalid-credential"),
        ([b"Bearer  token"], "invalid-credential"),
        ([b"Bearer\ttoken"], "invalid-credential"),
        ([b"Bearer token more"], "invalid-credential"),
        ([b"Bearer a, Bearer b"], "invalid-credential"),
        ([b"Bearer tok\xe9n"], "invalid-credential"),
        ([b"token"], "invalid-credential"),
        ([b"Bearer " + b"x" * 9000], "invalid-credential"),
        ([b"Basic " + LOGIN], "unsupported-scheme"),
        ([b"Bearer: token"], "invalid-credential"),
        ([b"Bearer a", b"Bearer a"], "ambiguous-credential"),
        ([b"Bearer a", b""], "ambiguous-credential"),
    ],
)
def test_an_ambiguous_or_unreadable_field_is_refused(values: list[bytes], code: str) -> None:
    refusal = read_presented(values, BEARER)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.status == (400 if code == "ambiguous-credential" else 401)


@pytest.mark.parametrize(
    "token",
    [
        b"user:pass",
        LOGIN.rstrip(b"=") + b"!",
        base64.b64encode(b"nocolon"),
        base64.b64encode(b"user:\xff"),
        base64.b64encode(b"user:pa\nss"),
        b"dXNlcjpwYXNzZR==",
    ],
)
def test_a_login_has_one_spelling(token: bytes) -> None:
    assert read_login(token) is None
    assert as_a(Refusal, read_presented([b"Basic " + token], BASIC)).code == "invalid-credential"


@given(st.lists(st.binary(max_size=40), max_size=2))
def test_no_field_value_raises(values: list[bytes]) -> None:
    for authentication in (BEARER, BASIC):
        assert isinstance(read_presented(values, authentication), bytes | Refusal)
