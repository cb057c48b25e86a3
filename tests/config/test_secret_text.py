import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.secret_text import SecretPlace, cleaned, decode

KEY = "k3y-of-the-upstream"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY + "\n",
        KEY + "\r\n",
        KEY + "\r",
        KEY + "\n\n\n",
        KEY + " ",
        f" \t{KEY}\t \r\n",
        f"\n{KEY}",
        f"\ufeff{KEY}",
        f"\ufeff {KEY}\r\n",
    ],
)
@pytest.mark.parametrize("place", SecretPlace)
def test_characters_that_editors_and_shells_add_around_a_secret_are_dropped(text: str, place: SecretPlace) -> None:
    assert cleaned(text, place) == KEY


@pytest.mark.parametrize("text", ["", "\n", " \t\r\n", "\ufeff", "\ufeff\n"])
def test_a_secret_of_which_nothing_is_left_is_empty(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        cleaned(text)
    assert caught.value.rule == "secret-empty"


@pytest.mark.parametrize(
    ("between", "why"),
    [
        ("\n", "has 2 lines"),
        ("\r\n", "has 2 lines"),
        ("\r", "has 2 lines"),
        ("\n\n# comment\n", "has 4 lines"),
        ("\0", "holds NUL"),
        ("\t", "character 8 of the secret is U+0009"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("\xa0", "U+00A0"),
        ("\xad", "U+00AD"),
        ("\u200b", "U+200B"),
        ("\u2028", "U+2028"),
        ("\u202e", "U+202E"),
        ("\ufeff", "U+FEFF"),
        ("\ue000", "U+E000"),
        ("\udcff", "U+DCFF"),
    ],
)
@pytest.mark.parametrize("place", SecretPlace)
def test_an_invisible_character_inside_a_secret_is_refused_without_showing_the_secret(
    between: str, why: str, place: SecretPlace
) -> None:
    with pytest.raises(Mistake) as caught:
        cleaned(f"k3y-of-{between}the-upstream", place)
    assert caught.value.rule == "secret-unusable"
    assert why in caught.value.message
    assert "k3y" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    ("place", "good", "bad"),
    [
        (SecretPlace.ANYWHERE, ["k3 y3", 'a"b', "a;b", "a,b", "a:b", "pässwörd", "Bearer x"], []),
        (SecretPlace.FIELD, ["Bearer abc", "Token token=abc", 'a"b', "a;b", "ä"], []),
        (SecretPlace.BEARER, ["a.b-c_d~e+f/g==", "1|sanctum", "x:y", "Bearerless"], ["k3 y3", "Bearer abc", "bearer\tabc", "Token a", "ä"]),
        (SecretPlace.COOKIE, ["abc", "a=b", "a:b/c", "%20"], ["k3 y3", "a;b", "a,b", 'a"b', '"ab"', "a\\b", "ä"]),
    ],
)  # fmt: skip
def test_each_place_has_the_characters_it_can_carry(place: SecretPlace, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert cleaned(text, place) == text
    for text in bad:
        with pytest.raises(Mistake) as caught:
            cleaned(text, place)
        assert caught.value.rule == "secret-unusable"
        assert text not in f"{caught.value.message}{caught.value.hint}"


def test_a_header_line_is_not_taken_for_its_value() -> None:
    for text in ("X-API-Key: abc", "x-api-key:abc", "X-API-Key :abc"):
        with pytest.raises(Mistake, match="X-API-Key:"):
            cleaned(text, SecretPlace.FIELD, header="X-API-Key")
    assert cleaned("X-API-Keys: abc", SecretPlace.FIELD, header="X-API-Key") == "X-API-Keys: abc"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (KEY.encode("utf-16"), "is UTF-16 text"),
        (b"\xfe\xff" + KEY.encode("utf-16-be"), "is UTF-16 text"),
        (KEY.encode("utf-32"), "is UTF-16 text"),
        (b"\x80" + KEY.encode(), "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_not_utf_8_is_a_mistake(content: bytes, why: str) -> None:
    with pytest.raises(Mistake, match=re.escape("secret-unusable")) as caught:
        decode(content, "key")
    assert f"`key` {why}" in caught.value.message


def test_utf_16_without_its_mark_is_refused_as_well() -> None:
    with pytest.raises(Mistake) as caught:
        cleaned(decode(KEY.encode("utf-16-le"), "key"))
    assert "UTF-16" in caught.value.hint


@given(st.text(), st.sampled_from(SecretPlace))
def test_no_text_gives_a_secret_that_a_line_of_http_cannot_carry(text: str, place: SecretPlace) -> None:
    try:
        secret = cleaned(text, place)
    except Mistake:
        return
    assert secret
    assert secret == secret.strip(" \t\r\n\ufeff")
    assert not re.search(rb"[\x00-\x1f\x7f]", secret.encode())


@given(
    # The secret begins with a character that no message contains: otherwise it could be a word of the message.
    st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=6).map("~".__add__),
    st.sampled_from(["\n", "\0", "\t", "\u200b"]),
)
def test_no_message_repeats_a_secret(text: str, between: str) -> None:
    with pytest.raises(Mistake) as caught:
        cleaned(f"{text}{between}{text}")
    assert text not in f"{caught.value.message}{caught.value.hint}"
