import pytest

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.scalar import plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False), ("0", 0), ("-7", -7), ("0o17", 15), ("0x1F", 31),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("y", "y"), ("n", "n"), ("nope", "nope"), ("1.2.3", "1.2.3"), ("9" * 30, "9" * 30),
        (".inf", ".inf"), (".nan", ".nan"), (":8080", ":8080"), ("127.0.0.1:8080", "127.0.0.1:8080"), ("3s", "3s"), ("2026", 2026),
    ],
    ids=repr,
)  # fmt: skip
def test_an_unquoted_scalar_has_its_yaml_1_2_meaning(text: str, value: float | str | None) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "No",
        "ON",
        "off",
        "010",
        "1:30",
        "190:20:30.15",
        "2026-11-23",
        "2026-11-23 10:00:00",
        "1_000",
        "-07",
        "08",
    ],
)
def test_what_readers_disagree_about_is_a_mistake_with_a_hint_to_quote(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        plain_scalar(text)
    assert caught.value.rule == "ambiguous-yaml"
    assert f'write "{text}" if it is text' in caught.value.hint
    assert text not in caught.value.message
