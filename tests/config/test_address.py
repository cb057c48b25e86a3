import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.address import Address, is_this_machine, parse_address
from plugin_gateway.config.mistake import Mistake


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        (":8080", Address("0.0.0.0", 8080)),
        ("[::1]:0", Address("::1", 0)),
        ("localhost:1", Address("localhost", 1)),
        ("unix:/run/g.sock", Address(socket="/run/g.sock")),
    ],
)
def test_an_address_is_host_and_port_or_a_socket(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        pytest.param(8080, id="number"),
        "host",
        "host:",
        "host:70000",
        "host:-1",
        "::1:80",
        "[::1:80",
        "[x]:80",
        "a b:80",
        "unix:",
        "unix:rel",
        "unix:/" + "x" * 108,
        "http://h:80",
    ],
)
def test_any_other_text_is_a_mistake(text: int | str) -> None:
    with pytest.raises(Mistake):
        parse_address(text)


@pytest.mark.parametrize(("port", "hint"), [(65535, "write :65535"), (70000, "write HOST:PORT")])
def test_a_hint_offers_only_a_port_that_exists(port: int, hint: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_address(port)
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("notlocalhost", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine(host: str, is_here: bool) -> None:
    assert is_this_machine(host) is is_here


@given(st.text())
def test_no_text_raises_anything_but_a_mistake(text: str) -> None:
    for candidate in (text, f"{text}:80", f"unix:{text}"):
        try:
            parse_address(candidate)
        except Mistake:
            continue
