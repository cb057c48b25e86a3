import pytest

from plugin_gateway.publish.page_request import asks_for_page


@pytest.mark.parametrize(
    ("method", "accepts", "is_page"),
    [
        (b"GET", [b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], True),
        (b"HEAD", [b"text/html"], True),
        (b"GET", [b"application/json", b"TEXT/HTML ; q=0.5"], True),
        (b"GET", [b"text/html;q=1.0"], True),
        (b"GET", [], False),
        (b"GET", [b"*/*"], False),
        (b"GET", [b"text/*"], False),
        (b"GET", [b"application/json"], False),
        (b"GET", [b"text/html;q=0"], False),
        (b"GET", [b"text/html; q=0.000, */*"], False),
        (b"GET", [b"text/htmlx"], False),
        (b"GET", [b'application/json; note="text/html"'], False),
        (b"POST", [b"text/html"], False),
        (b"get", [b"text/html"], False),
    ],
)
def test_only_a_browser_asks_for_the_page(method: bytes, accepts: list[bytes], is_page: bool) -> None:
    fields = [(b"host", b"text/html"), *((b"Accept", accept) for accept in accepts)]
    assert asks_for_page(method, fields) is is_page
