from plugin_gateway.console.sessions import SESSION_VALID_S, TOKEN_VALID_S, Sessions


def test_a_token_enters_once() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = sessions.enter(token, 1.0)
    assert value is not None
    assert sessions.find(value, 2.0) is not None
    assert sessions.enter(token, 3.0) is None


def test_a_token_enters_within_five_minutes() -> None:
    sessions = Sessions()
    first, second = sessions.issue(0.0), sessions.issue(0.0)
    assert sessions.enter(first, TOKEN_VALID_S - 1) is not None
    assert sessions.enter(second, TOKEN_VALID_S) is None
    assert sessions.enter(second, 1.0) is None  # an expired token is forgotten


def test_a_session_ends_after_twelve_hours() -> None:
    sessions = Sessions()
    value = sessions.enter(sessions.issue(0.0), 0.0)
    assert value is not None
    session = sessions.find(value, SESSION_VALID_S - 1)
    assert session is not None
    assert not session.is_valid(SESSION_VALID_S)
    assert sessions.find(value, SESSION_VALID_S) is None


def test_other_texts_enter_nothing_and_are_no_session() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = sessions.enter(sessions.issue(0.0), 0.0)
    assert value is not None
    for wrong in ("", "x", token[:-1], token + "A", token.swapcase(), "\udcff", value):
        assert sessions.enter(wrong, 0.0) is None
    for wrong in ("", "x", value[:-1], value.swapcase(), token):
        assert sessions.find(wrong, 0.0) is None


def test_tokens_and_sessions_have_256_bits_and_are_kept_as_digests() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = sessions.enter(sessions.issue(0.0), 0.0)
    assert value is not None
    assert len(token) == len(value) == 43
    kept = repr([*sessions._tokens, *sessions._sessions])
    assert token not in kept
    assert value not in kept


def test_many_tokens_and_sessions_push_out_the_oldest() -> None:
    sessions = Sessions()
    tokens = [sessions.issue(0.0) for _ in range(17)]
    assert sessions.enter(tokens[0], 0.0) is None
    values = [sessions.enter(sessions.issue(0.0), 0.0) or "" for _ in range(64)]
    oldest = sessions.find(values[0], 0.0)
    assert oldest is not None
    assert sessions.enter(tokens[-1], 0.0) is not None or sessions.enter(sessions.issue(0.0), 0.0) is not None
    assert sessions.find(values[0], 0.0) is None
    assert oldest.is_ended
    assert sessions.find(values[-1], 0.0) is not None


def test_all_sessions_end_when_the_console_is_turned_off() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = sessions.enter(sessions.issue(0.0), 0.0)
    assert value is not None
    session = sessions.find(value, 0.0)
    assert session is not None
    sessions.end_all()
    assert session.is_ended
    assert sessions.find(value, 0.0) is None
    assert sessions.enter(token, 0.0) is None
