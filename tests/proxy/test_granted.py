"""Granted uplinks: the token that a call goes up with, the credential it needs, and the remembered uplinks."""

from collections.abc import Callable
from typing import Any

import pytest

from plugin_gateway.credentials.grant import ClientCredentialsGrant, TokenExchangeGrant
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.credentials.token import Token
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy import granted as module
from plugin_gateway.proxy.granted import NO_CREDENTIAL, TWO_CREDENTIALS, GrantedUplinks
from plugin_gateway.proxy.wire import RequestFields, read_request_lines
from plugin_gateway.refusal import Refusal
from tests.narrow import stand_in

READ = OperationRule(method="GET", path_template="/p", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write")
FAILED = Refusal(status=502, code="upstream-token-unavailable", detail="No.")


class Issuer:
    def __init__(self, grant: ClientCredentialsGrant | TokenExchangeGrant, *tokens: Token | Refusal) -> None:
        self.grant = grant
        self.tokens, self.asked = list(tokens), list[tuple[str, str]]()

    def may_renew(self, subject: str, refused: str) -> bool:
        self.asked.append((subject, refused))
        return True

    def obtain(self, subject: str, on_token: Callable[..., Any], *, refused: str = "", address: str = "") -> None:
        self.asked.append((subject, refused))
        on_token(self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0])


def token(text: str) -> Token:
    return Token(text=text, refresh_at_s=0, good_until_s=0)


def request(*lines: bytes) -> RequestFields:
    return read_request_lines([b"Host: a", *lines], 1)


class Scene:
    def __init__(self, issuer: Issuer | None = None, **prepared: Any) -> None:
        self.made: list[Any] = []
        self.granted = GrantedUplinks(
            Injection(**prepared),
            stand_in(issuer),
            make_uplink=lambda rule, injection: self.make("up", rule.operation_id, injection.headers),
        )

    def make(self, *what: Any) -> Any:
        self.made.append(what)
        return what

    def ask(self, *lines: bytes, rule: OperationRule = READ, **more: str) -> Any:
        answers: list[Any] = []
        self.granted.obtain(rule, request(*lines), answers.append, **more)
        [answer] = answers
        return answer


def test_the_token_goes_up_beside_fixed_credentials() -> None:
    scene = Scene(Issuer(ClientCredentialsGrant(), token("secret-token")), headers=((b"X-Key", b"k"),))
    granted = scene.ask()
    assert granted.uplink[2] == ((b"X-Key", b"k"), (b"Authorization", b"Bearer secret-token"))
    assert granted.token == "secret-token"
    assert scene.granted.renews


def test_links_are_made_once_for_each_operation_and_token() -> None:
    scene = Scene(Issuer(ClientCredentialsGrant(), token("a"), token("a"), token("a"), token("b")))
    for rule in (READ, READ, WRITE, READ):
        scene.ask(rule=rule)
    assert [what[1] for what in scene.made] == ["read", "write", "read"]


def test_the_number_of_remembered_links_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_UPLINKS", 2)
    scene = Scene(Issuer(ClientCredentialsGrant(), *(token(f"t{number}") for number in range(5))))
    for _ in range(5):
        scene.ask()
    assert len(scene.granted._uplinks) == 2


def test_links_of_a_token_in_use_stay_when_other_tokens_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_UPLINKS", 2)
    scene = Scene(Issuer(ClientCredentialsGrant(), *map(token, ("used", "a", "used", "b", "used", "a"))))
    for _ in range(6):
        scene.ask()
    assert [headers[-1][1] for _, _, headers in scene.made] == [
        f"Bearer {text}".encode() for text in ("used", "a", "b", "a")
    ]


def test_a_caller_without_a_bearer_token_has_nothing_to_exchange() -> None:
    issuer = Issuer(TokenExchangeGrant(), token("t"))
    scene = Scene(issuer)
    assert scene.ask() is NO_CREDENTIAL
    assert scene.ask(b"Authorization: Basic dTpw") is NO_CREDENTIAL
    assert scene.ask(b"Authorization: Bearer a b") is NO_CREDENTIAL
    assert scene.ask(b"Connection: authorization", b"Authorization: Bearer abc") is NO_CREDENTIAL
    assert issuer.asked == []


def test_the_callers_token_is_exchanged_with_its_scheme_in_any_case() -> None:
    issuer = Issuer(TokenExchangeGrant(), token("t"))
    Scene(issuer).ask(b"authorization: bEaReR abc", refused="old")
    assert issuer.asked == [("abc", "old")]


def test_client_credentials_are_the_same_for_every_caller() -> None:
    issuer = Issuer(ClientCredentialsGrant(), token("t"))
    Scene(issuer).ask(b"Authorization: Bearer abc")
    assert issuer.asked == [("", "")]


def test_a_token_that_the_gateway_cannot_get_gives_a_refusal() -> None:
    assert Scene(Issuer(ClientCredentialsGrant(), FAILED)).ask() is FAILED


@pytest.mark.parametrize("shown", [b"Bearer abc", b"Basic dTpw", b"Custom a=b, c=d"])
def test_the_callers_authorization_is_passed_through_unchanged(shown: bytes) -> None:
    scene = Scene()
    assert scene.ask(b"Authorization: " + shown).uplink[2] == ((b"Authorization", shown),)
    assert not scene.granted.renews


def test_a_caller_without_authorization_passes_nothing_through() -> None:
    scene = Scene(headers=((b"X-Key", b"k"),))
    for lines in ((), (b"Connection: authorization", b"Authorization: Bearer abc")):
        assert scene.ask(*lines).uplink[2] == ((b"X-Key", b"k"),)


@pytest.mark.parametrize("grant", [ClientCredentialsGrant(), TokenExchangeGrant(), None])
def test_two_credentials_are_refused(grant: ClientCredentialsGrant | TokenExchangeGrant | None) -> None:
    scene = Scene(Issuer(grant, token("t")) if grant else None)
    assert scene.ask(b"Authorization: Bearer a", b"Authorization: Bearer b") is TWO_CREDENTIALS


def test_the_issuer_is_asked_whether_the_token_of_that_caller_may_be_renewed() -> None:
    issuer = Issuer(TokenExchangeGrant(), token("t"))
    scene = Scene(issuer)
    assert scene.granted.may_renew(request(b"Authorization: Bearer abc"), "old")
    assert not scene.granted.may_renew(request(b"Authorization: Basic abc"), "old")
    assert issuer.asked == [("abc", "old")]
    assert not Scene().granted.may_renew(request(b"Authorization: Bearer abc"), "")
