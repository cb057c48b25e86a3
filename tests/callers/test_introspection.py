import asyncio
from typing import Any

import pytest

from plugin_gateway.callers.access_token import BadToken
from plugin_gateway.callers.authentication import IntrospectionSettings
from plugin_gateway.callers.consumers import Identity
from plugin_gateway.callers.introspection import MISSING_AUDIENCE, introspect, read_introspection
from plugin_gateway.callers.provider import Provider
from tests.narrow import as_a

NOW = 1000.0
SETTINGS = IntrospectionSettings(url="u", cache_s=60.0, audiences=("api",))


def judged(claims: dict[str, Any]) -> BadToken | Identity:
    return read_introspection({"token_type": "Bearer", "aud": "api"} | claims, SETTINGS, now=NOW)


@pytest.mark.parametrize(
    ("claims", "user", "until"),
    [
        ({"active": True}, "", 1060.0),
        ({"active": True, "sub": "s", "username": "u", "exp": 1010}, "s", 1010.0),
        ({"active": True, "username": "u", "exp": 9999}, "u", 1060.0),
    ],
)
def test_an_active_token_is_trusted_for_the_cache_time_and_never_beyond_its_expiry(
    claims: dict[str, Any], user: str, until: float
) -> None:
    identity = judged(claims)
    assert isinstance(identity, Identity)
    assert (identity.user, identity.good_until) == (user, until)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"active": False},
        {"active": "true"},
        {"active": 1},
        {"active": True, "exp": 999},
        {"active": True, "exp": 1000},
        {"active": True, "exp": "never"},
        {"active": True, "nbf": 1001},
        {"active": True, "nbf": []},
        {"active": True, "token_type": None},
        {"active": True, "token_type": "DPoP"},
        {"active": True, "token_type": "refresh_token"},
        {"active": True, "cnf": {"jkt": "x"}},
        {"active": True, "at_hash": "x"},
        {"active": True, "token_use": "id"},
        {"active": True, "nonce": "x"},
    ],
)
def test_only_the_json_value_true_means_active(claims: dict[str, Any]) -> None:
    assert isinstance(judged(claims), BadToken)


@pytest.mark.parametrize(
    ("aud", "is_good"),
    [
        ("api", True),
        (["x", "api"], True),
        ("other", False),
        ([], False),
        (None, False),
        (["api", 5], False),
        ({"api": 1}, False),
    ],
)
def test_a_token_for_another_audience_is_refused(aud: dict[str, int] | list[Any] | str | None, is_good: bool) -> None:
    assert isinstance(judged({"active": True, "aud": aud}), BadToken) is not is_good


def test_a_token_of_no_type_may_be_a_refresh_token_and_is_taken_only_where_the_operator_says_so() -> None:
    claims = {"active": True, "sub": "s", "aud": "api"}
    lax = IntrospectionSettings(url="u", needs_token_type=False, audiences=("api",))
    assert isinstance(read_introspection(claims, SETTINGS, now=NOW), BadToken)
    assert as_a(Identity, read_introspection(claims, lax, now=NOW)).user == "s"
    assert isinstance(read_introspection(claims | {"token_type": "x"}, lax, now=NOW), BadToken)


def test_an_answer_that_names_no_audience_is_believed_only_where_the_operator_says_so() -> None:
    claims = {"active": True, "sub": "s", "token_type": "Bearer"}
    lax = IntrospectionSettings(url="u", needs_audience=False, audiences=("api",))
    assert read_introspection(claims, SETTINGS, now=NOW) is MISSING_AUDIENCE
    assert as_a(Identity, read_introspection(claims, lax, now=NOW)).user == "s"
    assert isinstance(read_introspection(claims | {"aud": "x"}, lax, now=NOW), BadToken)


class Recorded(Provider):
    async def post_form(self, url: str, form: bytes, *, login: tuple[str, str] | None = None) -> dict[str, Any]:
        self.asked = url, form, login
        return {"active": True, "token_type": "bearer"}


@pytest.mark.parametrize(
    ("settings", "form", "login"),
    [
        (IntrospectionSettings(url="u"), b"token=t%26x&token_type_hint=access_token", None),
        (
            IntrospectionSettings(url="u", client_id="me"),
            b"token=t%26x&token_type_hint=access_token&client_id=me",
            None,
        ),
        (
            IntrospectionSettings(url="u", client_id="m:e", client_secret="s/t"),
            b"token=t%26x&token_type_hint=access_token",
            ("m%3Ae", "s%2Ft"),
        ),
    ],
)
def test_the_token_is_in_the_body_and_the_gateway_authenticates(
    settings: IntrospectionSettings, form: bytes, login: tuple[str, str] | None
) -> None:
    provider = Recorded()
    asyncio.run(introspect(b"t&x", settings, provider, NOW))
    assert provider.asked == ("u", form, login)


@pytest.mark.parametrize(
    ("issuer", "said", "is_good"),
    [("https://i", {}, True), ("https://i", {"iss": "https://i"}, True), ("https://i", {"iss": "https://other"}, False),
     ("https://i", {"iss": None}, False), ("", {"iss": "https://other"}, True)],
)  # fmt: skip
def test_a_token_of_another_issuer_is_refused(issuer: str, said: dict[str, Any], is_good: bool) -> None:
    claims = {"active": True, "token_type": "Bearer", "aud": "api", **said}
    settings = IntrospectionSettings(url="u", issuer=issuer, audiences=("api",))
    found = read_introspection(claims, settings, now=NOW)
    assert isinstance(found, BadToken) is not is_good
