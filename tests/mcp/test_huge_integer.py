import pytest

from plugin_gateway.mcp.huge_integer import has_huge_integer

DIGITS = b"7" * 4301


@pytest.mark.parametrize(
    ("body", "is_huge"),
    [
        (DIGITS, True),
        (b'{"a": -%b}' % DIGITS, True),
        (b"[%b, 1" % DIGITS, True),
        (b"[%b]" % DIGITS[1:], False),
        (b"-" + DIGITS[1:], False),
        (b'{"a": "%b"}' % DIGITS, False),
        (b'{"a": 0.%b}' % DIGITS, False),
        (b"[" * 100_000 + DIGITS, True),
    ],
)
def test_only_an_integer_that_clients_cannot_read_counts(body: bytes, is_huge: bool) -> None:
    assert has_huge_integer(body) is is_huge
