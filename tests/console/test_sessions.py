import pytest
from starlette.datastructures import Headers

from plugin_gateway.console.sessions import SESSION_VALID_S, TOKEN_VALID_S, NewSession, Sessions, is_program

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
NAVIGATION = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def entered(sessions: Sessions, *, is_program: bool = False) -> NewSession:
    entry = sessions.enter(sessions.issue(0.0), 0.0, is_program=is_program)
    assert entry is not None
    return entry


def test_a_token_enters_once() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    entry = sessions.enter(token, 1.0)
    assert entry is not None
    assert sessions.find(entry.cookie, 2.0) is not None
    assert sessions.enter(token, 3.0) is None


def test_a_token_enters_within_five_minutes() -> None:
    sessions = Sessions()
    first, second = sessions.issue(0.0), sessions.issue(0.0)
    assert sessions.enter(first, TOKEN_VALID_S - 1) is not None
    assert sessions.enter(second, TOKEN_VALID_S) is None
    assert sessions.enter(second, 1.0) is None  # an expired token is forgotten


def test_a_session_ends_after_twelve_hours() -> None:
    sessions = Sessions()
    value = entered(sessions).cookie
    session = sessions.find(value, SESSION_VALID_S - 1)
    assert session is not None
    assert not session.is_valid(SESSION_VALID_S)
    assert sessions.find(value, SESSION_VALID_S) is None


def test_other_texts_enter_nothing_and_are_no_session() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = entered(sessions).cookie
    for wrong in ("", "x", token[:-1], token + "A", token.swapcase(), "\udcff", value):
        assert sessions.enter(wrong, 0.0) is None
    for wrong in ("", "x", value[:-1], value.swapcase(), token):
        assert sessions.find(wrong, 0.0) is None


def test_tokens_and_sessions_have_256_bits_and_are_kept_as_digests() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    entry = entered(sessions)
    secrets = (token, entry.cookie, entry.page_secret)
    assert [len(secret) for secret in secrets] == [43, 43, 43]
    assert len({*secrets}) == 3
    kept = repr([*sessions._tokens, *sessions._sessions.items()])
    assert not any(secret in kept for secret in secrets)


def test_many_tokens_and_sessions_push_out_the_oldest() -> None:
    sessions = Sessions()
    tokens = [sessions.issue(0.0) for _ in range(17)]
    assert sessions.enter(tokens[0], 0.0) is None
    values = [entered(sessions).cookie for _ in range(64)]
    oldest = sessions.find(values[0], 0.0)
    assert oldest is not None
    assert sessions.enter(tokens[-1], 0.0) is not None or sessions.enter(sessions.issue(0.0), 0.0) is not None
    assert sessions.find(values[0], 0.0) is None
    assert oldest.is_ended
    assert sessions.find(values[-1], 0.0) is not None


def test_all_sessions_end_when_the_console_is_turned_off() -> None:
    sessions = Sessions()
    token = sessions.issue(0.0)
    value = entered(sessions).cookie
    session = sessions.find(value, 0.0)
    assert session is not None
    sessions.end_all()
    assert session.is_ended
    assert sessions.find(value, 0.0) is None
    assert sessions.enter(token, 0.0) is None


def test_a_session_is_proven_by_its_page_secret_only() -> None:
    sessions = Sessions()
    mine, theirs = entered(sessions), entered(sessions)
    session = sessions.find(mine.cookie, 0.0)
    assert session is not None
    assert session.is_proven_by(mine.page_secret)
    for wrong in ("", "é", mine.cookie, mine.page_secret[:-1], mine.page_secret + "A", theirs.page_secret):
        assert not session.is_proven_by(wrong)


def test_the_session_of_a_program_has_no_page_secret() -> None:
    sessions = Sessions()
    entry = entered(sessions, is_program=True)
    session = sessions.find(entry.cookie, 0.0)
    assert session is not None
    assert entry.page_secret == ""
    assert session.is_proven_by("")


def test_an_ended_session_is_found_no_more_and_the_others_are() -> None:
    sessions = Sessions()
    mine, theirs = entered(sessions), entered(sessions)
    session = sessions.find(mine.cookie, 0.0)
    assert session is not None
    sessions.end(session)
    sessions.end(session)
    assert session.is_ended
    assert sessions.find(mine.cookie, 0.0) is None
    assert sessions.find(theirs.cookie, 0.0) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Accept": "*/*", "User-Agent": "curl/8.14.1"},
        {"Accept": "*/*", "User-Agent": "python-httpx2/2.16", "Accept-Encoding": "gzip"},
        {"Accept": "application/json", "User-Agent": "Python-urllib/3.11"},
        # undici, which is the fetch of Node
        {"Accept": "*/*", "User-Agent": "node", "Accept-Language": "*", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_a_request_without_a_sign_of_a_browser_counts_as_a_program(fields: dict[str, str]) -> None:
    assert is_program(Headers(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"Accept": NAVIGATION},
        {"Accept": NAVIGATION.upper()},
        {"User-Agent": CHROMIUM},
        {"Accept": "*/*", "User-Agent": CHROMIUM.lower()},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Dest": "document"},
        {"Accept": "*/*", "User-Agent": "curl/8.14.1", "Sec-Fetch-Dest": "empty"},
        {"Accept": NAVIGATION, "User-Agent": "Lynx/2.9.2"},
    ],
)
def test_one_sign_of_a_browser_is_enough(fields: dict[str, str]) -> None:
    assert not is_program(Headers(fields))


@pytest.mark.parametrize(
    "fields", [[("accept", "*/*"), ("accept", "text/html")], [("user-agent", "x"), ("user-agent", CHROMIUM)]]
)
def test_a_sign_counts_in_each_line_of_a_field(fields: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in fields]
    assert not is_program(Headers(raw=raw))
