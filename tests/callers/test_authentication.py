from plugin_gateway.callers.authentication import Authentication, ListedTokens

BEARER = Authentication(
    kind="oauth", scheme=b"bearer", challenge=b'Bearer realm="r"', required_scopes=frozenset({"b", "a"})
)
BASIC = Authentication(kind="service_http", scheme=b"basic", challenge=b'Basic realm="r"')


def test_the_challenge_shows_a_caller_how_to_authenticate() -> None:
    refusal = BEARER.refuse("missing-credential", "x")
    assert (refusal.status, refusal.headers) == (401, ((b"WWW-Authenticate", b'Bearer realm="r"'),))
    assert refusal.hint == "Send `Authorization: Bearer <token>`."


def test_bearer_challenges_have_the_error_codes_of_rfc_6750_and_basic_challenges_have_none() -> None:
    assert BEARER.refuse("expired-credential", "x").headers[0][1].endswith(b', error="invalid_token"')
    assert b"error" not in BASIC.refuse("invalid-credential", "x").headers[0][1]
    assert (BEARER.refuse_ambiguous().status, BASIC.refuse_ambiguous().status) == (400, 400)
    scope = BEARER.refuse_scope()
    assert scope.status == 403
    assert scope.headers[0][1].endswith(b'error="insufficient_scope", scope="a b"')


def test_an_authentication_without_settings_lets_no_caller_in() -> None:
    assert Authentication(kind="x", scheme=b"bearer", challenge=b"Bearer").judge == ListedTokens(names={})
