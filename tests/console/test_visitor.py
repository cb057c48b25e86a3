import pytest
from starlette.datastructures import Headers

from plugin_gateway.console.visitor import is_program

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
NAVIGATION = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


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
def test_a_request_without_a_sign_of_a_browser_is_that_of_a_program(fields: dict[str, str]) -> None:
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
