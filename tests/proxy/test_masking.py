"""A mask covers every spelling of a secret, however it is escaped, encoded or cut into pieces."""

from __future__ import annotations

import base64
import itertools
import quopri
import re
import sys
from functools import cache
from html import unescape
from html.entities import html5
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.masking import Mask, MaskedBody
from plugin_gateway.proxy.secret_forms import all_forms_of

NAMED: dict[str, list[str]] = {}
for name, text in html5.items():
    if name.endswith(";"):
        NAMED.setdefault(text, []).append(f"&{name}")

KEY_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/="
ANY_CHARACTER = st.characters(min_codepoint=0x21, blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn"])
secrets = st.one_of(
    st.text(KEY_CHARACTERS, min_size=6, max_size=48),
    st.text(ANY_CHARACTER, min_size=6, max_size=20),
    st.text("%25u041\\/&amp;#x;ab", min_size=6, max_size=16),
)

long_secrets = st.one_of(
    st.text(KEY_CHARACTERS, min_size=14, max_size=64),
    st.text("0123456789abcdef", min_size=32, max_size=64),
    st.text(ANY_CHARACTER, min_size=14, max_size=40),
)
"""Secrets for which there is a sieve."""


@cache
def spellings(character: str) -> list[bytes]:
    code, octets = ord(character), character.encode()
    found = [
        octets,
        b"".join(b"%%%02x" % octet for octet in octets),
        b"".join(b"%%%02X" % octet for octet in octets),
        b"&#%d;" % code,
        b"&#x%x;" % code,
        b"&#X000%X;" % code,
        b"&#000%d;" % code,
    ]
    if code < 0x10000:
        found += [b"\\u%04x" % code, b"\\u%04X" % code]
    else:
        high, low = divmod(code - 0x10000, 0x400)
        found.append(b"\\u%04x\\u%04x" % (0xD800 + high, 0xDC00 + low))
    if character in '"\\/':
        found.append(b"\\" + octets)
    return found + [entity.encode() for entity in NAMED.get(character, ())]


@st.composite
def mixed(draw: st.DrawFn, text: str) -> bytes:
    """A spelling of a text that chooses another escape for each character."""
    choices = draw(
        st.binary(min_size=len(text), max_size=len(text))
    )  # a draw for each character would cost ten times as much
    every = map(spellings, text)
    return b"".join(spelled[choice % len(spelled)] for spelled, choice in zip(every, choices, strict=True))


def in_pieces(mask: Mask, data: bytes, cuts: list[int]) -> bytes:
    bounds = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    body = MaskedBody(mask)
    return b"".join(body.feed(data[start:end]) for start, end in itertools.pairwise(bounds)) + body.finish()


cuts_anywhere = st.lists(st.integers(0, 2000), max_size=30)


@given(st.data(), secrets, st.binary(max_size=20), st.binary(max_size=20), cuts_anywhere)
def test_a_secret_whose_characters_are_escaped_at_random_is_covered_whole(
    data: st.DataObject, secret: str, before: bytes, after: bytes, cuts: list[int]
) -> None:
    spelled = data.draw(mixed(secret))
    body = before + spelled + after
    mask = Mask([secret])
    covered = mask.cover(body)
    assert len(covered) == len(body)
    assert set(covered[len(before) : len(before) + len(spelled)]) == {ord("*")}
    assert in_pieces(mask, body, cuts) == covered


@given(st.data(), secrets, st.binary(max_size=8), st.binary(max_size=8), st.booleans(), st.booleans(), cuts_anywhere)
def test_base64_of_something_that_holds_the_secret_does_not_show_it(
    data: st.DataObject, secret: str, before: bytes, after: bytes, is_url: bool, is_bare: bool, cuts: list[int]
) -> None:
    encode = base64.urlsafe_b64encode if is_url else base64.b64encode
    digits = encode(before + secret.encode() + after)
    if is_bare:
        digits = digits.rstrip(b"=")
    body = b'{"a":"' + data.draw(mixed(digits.decode())) + b'"}'
    covered = in_pieces(Mask([secret]), body, cuts)
    assert len(covered) == len(body)
    assert_nothing_of(secret.encode(), base64_content(plain(covered)))


@given(secrets, st.booleans(), cuts_anywhere)
def test_hexadecimal_in_either_case_is_covered(secret: str, is_upper: bool, cuts: list[int]) -> None:
    digits = secret.encode().hex()
    body = b"<" + (digits.upper() if is_upper else digits).encode() + b">"
    assert in_pieces(Mask([secret]), body, cuts) == b"<" + b"*" * len(digits) + b">"


@given(secrets, st.sampled_from(["utf-16-le", "utf-16-be"]), cuts_anywhere)
def test_text_of_sixteen_bits_a_character_is_covered(secret: str, encoding: str, cuts: list[int]) -> None:
    octets = secret.encode(encoding)
    body = "\n".encode(encoding) + octets + "\n".encode(encoding)
    assert b"*" * len(octets) in in_pieces(Mask([secret]), body, cuts)


@given(st.data(), st.lists(secrets, min_size=1, max_size=4), cuts_anywhere)
def test_of_secrets_that_begin_or_overlap_one_another_nothing_shows(
    data: st.DataObject, parts: list[str], cuts: list[int]
) -> None:
    every = ["".join(parts[: size + 1]) for size in range(len(parts))]
    whole = every[-1]
    # Two secrets that overlap: the end of the first is the beginning of the second.
    tail = whole[-4:] + "Qz-8_tail"
    body = data.draw(mixed(whole[:-4] + tail))
    assert set(in_pieces(Mask([*every, tail]), body, cuts)) == {ord("*")}


@given(st.data(), long_secrets, st.sampled_from([20, 32, 60, 64, 76]), st.integers(0, 2), st.integers(0, 3))
def test_a_secret_is_found_in_each_wrapping_in_which_a_search_of_all_texts_finds_it(
    data: st.DataObject, secret: str, width: int, before: int, steps: int
) -> None:
    mask, thorough = Mask([secret]), Mask([secret])
    thorough._index._sieve = None
    body = data.draw(st.sampled_from(all_forms_of(secret)))
    for step in data.draw(st.lists(st.sampled_from(["spell", "break", "quote", "base64"]), max_size=steps)):
        if step == "spell" and len(body) < 200 and body.isascii():
            body = data.draw(mixed(body.decode()))
        elif step == "break":
            separator = data.draw(st.sampled_from([b"\n", b"\r\n", b"\n  ", b"\\n", b"\\\\n", b"%0D%0A", b"&#10;"]))
            lines = b"x1" * (16 * before) + body
            body = separator.join(lines[at : at + width] for at in range(0, len(lines), width))
        elif step == "quote":
            body = quopri.encodestring(body)
        elif step == "base64":
            body = base64.b64encode(body)
    assert mask.cover(body) == thorough.cover(body)


@given(secrets, st.binary(max_size=200), cuts_anywhere)
def test_a_body_without_a_secret_is_not_changed(secret: str, body: bytes, cuts: list[int]) -> None:
    mask = Mask([secret])
    assume(not mask.find(body))
    assert in_pieces(mask, body, cuts) == body


def test_a_word_with_an_escape_does_not_hide_a_secret_in_a_later_word() -> None:
    assert Mask(["a%41bcdefgh"]).cover(b"%42 %61%41bcdefgh") == b"%42 " + b"*" * 13


@pytest.mark.parametrize("size", [10, 5000, 200_000])
@pytest.mark.parametrize("filler", [b"a", b"z", b".", b"%2F", b"\\/", b"&#47;", b"\0"])
@pytest.mark.parametrize("secret", ["zz9-aK", "zz9/aK" * 30], ids=["short", "long"])
def test_secrets_are_covered_in_bodies_of_any_size_and_density(size: int, filler: bytes, secret: str) -> None:
    data = filler * (size // len(filler))
    covered = Mask([secret]).cover(data + b"." + secret.encode() + b"." + data)
    assert covered == data + b"." + b"*" * len(secret) + b"." + data


@pytest.mark.parametrize(
    "spelled",
    [
        b"https:\\\\/\\\\/k\\\\u0065y-Abc+1",
        b"k%2565y-Abc%252B1",
        b"k&amp;#101;y-Abc&amp;plus;1",
        b"k\\x65y-Abc\\x2b1",
        b"k&#101y-Abc+1",
    ],
)
def test_a_secret_that_was_escaped_twice_or_loosely_is_covered(spelled: bytes) -> None:
    assert b"y-Abc" not in Mask(["key-Abc+1"]).cover(spelled)


@pytest.mark.parametrize("before", [b"50%", b"50%4", b"\\", b"\\u00", b"\\x", b"&", b"&#", b"&#x", b"&#0"])
@pytest.mark.parametrize(
    "secret", ["41f2-secret+key", "0041zz/key-of-ours", "amp;lt=secret-Key", "97;a/secret", "/secret-of-x+"]
)
def test_a_secret_behind_something_like_the_start_of_an_escape_is_covered(before: bytes, secret: str) -> None:
    body = before + secret[:-1].encode() + b"%%%02x<" % ord(secret[-1])
    assert secret[-7:-1].encode() not in Mask([secret]).cover(body)


@pytest.mark.parametrize(
    ("before", "secret"),
    [
        (b"\\", "nsecret"),
        (b"\\", "n0te-of-ours"),
        (b"%", "41secret"),
        (b"50%", "41f2-secret+key"),
        (b"%4", "1secret"),
        (b"\\u", "0041secret"),
        (b"\\u00", "41secret-key"),
        (b"&#x", "41;secret"),
        (b"&", "lt;secret+key"),
    ],
)
def test_a_secret_is_covered_even_if_an_escape_takes_its_first_octets(before: bytes, secret: str) -> None:
    mask = Mask([secret])
    for at in range(len(secret) - 6, len(secret)):
        spelled = secret[:at].encode() + b"%%%02x" % ord(secret[at]) + secret[at + 1 :].encode()
        first, second = mask.cover(before + spelled + b" <" + before + spelled + b"<").split(b"<")[:2]
        assert first.rstrip(b" ").endswith(b"*" * len(spelled)), first
        assert second.endswith(b"*" * len(spelled)), second


def test_an_escape_of_two_octets_may_have_taken_the_first_octets_of_a_secret() -> None:
    assert Mask(["\\ee1f1spt"]).cover(b"\\\\1f&#49;spt <") == b"*" * 12 + b" <"


@pytest.mark.parametrize("before", [b"%2f abcd", b"%2fabcd", b"\\/ab\\n ab12"])
def test_the_end_of_a_secret_alone_is_left(before: bytes) -> None:
    assert Mask(["41secret-x"]).cover(before + b"cret-x<") == before + b"cret-x<"


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (b"\\u002541key-abc", b"*" * 15),
        (b"a \\u002541key-abc", b"a " + b"*" * 15),
        (b"key\\u002541key-abc", b"key" + b"*" * 15),
        (b"%20 &amp; \\u002541key-abc", b"%20 &amp; " + b"*" * 15),
        (b"\\u002541key-abc \\u002541key-abc", b"*" * 15 + b" " + b"*" * 15),
        (b"%41key%2dabc", b"*" * 12),
        (b"%2541key-abc", b"*" * 12),
        (b"&#37;41key-abc", b"*" * 14),
        (b"%2541key\\u002dabc", b"*" * 17),
    ],
)
def test_a_secret_that_holds_an_escape_is_covered_whichever_escapes_are_undone(text: bytes, covered: bytes) -> None:
    assert Mask(["%41key-abc"]).cover(text) == covered


@pytest.mark.parametrize(
    "text", [b"&lt;s\\u0065cret", b"&lt;s\\u006%35cret", b"&lt;s%25%36%35cret", b"&#38;lt;s\\u006%35cret"]
)
@pytest.mark.parametrize("before", [b"", b"a%20 ", b"%41 \\n "])
def test_a_secret_that_holds_an_escape_is_covered_though_an_escape_is_spelled_by_others(
    before: bytes, text: bytes
) -> None:
    assert Mask(["&lt;secret"]).cover(before + text) == before + b"*" * len(text)


@pytest.mark.parametrize(("secret", "text"), [("&#65;bcdef", b"&#65%%33bbcdef"), ("\\nsecret", b"\\nsec%%372et")])
def test_a_secret_that_begins_with_an_escape_is_covered_though_an_escape_is_spelled_by_others(
    secret: str, text: bytes
) -> None:
    assert Mask([secret]).cover(text) == b"*" * len(text)


@pytest.mark.parametrize("after", ["", "\x01"])
def test_a_secret_that_is_wrapped_in_two_ways_is_covered(after: str) -> None:
    secret = "s3cret-of-ours/which+is=long"
    lines = base64.encodebytes(b"x" * 50 + secret.encode() + b"x" * 50)
    masked = Mask([secret]).cover((lines.decode() + after).encode("utf-16-le")).decode("utf-16-le")
    assert b"cret-of-ours" not in base64.b64decode(masked.replace("\u2a2a", "A"))


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("s3cret-of-ours-which-is-long", base64.encodebytes(b"x" * 48 + b"s3cret-of-ours-which-is-long" + b"x" * 8)),
        ("s3cret=of=ours", b"s3cret=3Dof=3Dours"),
        ("s3cret-of-ours", base64.b64encode(b"x" * 24 + b"s3cret-of-ours" + b"y" * 4).decode().encode("utf-16-le")),
    ],
    ids=["lines of base64", "quoted-printable text", "text of sixteen bits"],
)
def test_one_octet_of_a_wrapping_is_enough_to_look_into_it(secret: str, text: bytes) -> None:
    assert len({*text} & {*b"\n=%&\\\0"}) == 1
    assert b"**" in Mask([secret]).cover(text)


def test_text_without_a_secret_is_not_copied() -> None:
    text = b"nothing of ours" * 100
    assert Mask(["s3cret-key"]).cover(text) is text


def test_a_secret_in_text_of_sixteen_bits_is_covered_though_the_text_has_every_kind_of_escape() -> None:
    text = "\\n & s3cret%2Dof%2Dours %".encode("utf-16-be")
    assert Mask(["s3cret-of-ours"]).cover(text).decode("utf-16-be", "replace").count("s3cret") == 0


@pytest.mark.parametrize(
    "spelled",
    [b"k\\u0026#101;y-Abc+1", b"key%2DAbc%5Cu002B1", b"%26%23107%3Bey-Abc+1", b"key-Abc&amp;plus;1", b"key-Abc&plus;1"],
)
def test_an_escape_of_one_kind_may_be_escaped_in_another(spelled: bytes) -> None:
    assert set(Mask(["key-Abc+1"]).cover(spelled)) == {ord("*")}


@pytest.mark.parametrize(
    "spelled", [b"k\\&quot;ey&lt;Ab\\&#x27;c", b"k\\&#34;ey&#60;Ab\\&#39;c", b"k\\%22ey%3CAb\\%27c"]
)
def test_a_backslash_may_stand_before_an_escape_of_another_kind(spelled: bytes) -> None:
    assert set(Mask(["k\"ey<Ab'c"]).cover(spelled)) == {ord("*")}


def test_octets_that_a_server_took_for_latin_letters_are_covered() -> None:
    assert Mask(["schlüssel"]).cover(b"schl\\u00c3\\u00bcssel") == b"*" * 20


def work_of(mask: Mask, body: bytes) -> int:
    """Return how many function calls it takes to cover a body."""
    calls = 0

    def count(frame: Any, event: Any, function: Any) -> None:
        nonlocal calls
        calls += 1

    mask.cover(body)
    sys.setprofile(count)
    try:
        mask.cover(body)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("escape", [b"%%%02x", b"\\u%04x", b"&#%d;"])
@pytest.mark.parametrize("size", range(2, 12))
def test_the_work_does_not_tell_how_much_of_a_guess_is_right(escape: bytes, size: int) -> None:
    # A caller that makes an upstream repeat thousands of guesses could measure it.
    secret = "sk-Live-8Fh2LqZx7VtR4m"
    right, wrong = secret[:size], secret[: size - 1] + "~"
    mask = Mask([secret])
    bodies = [
        (guess[:1].encode() + escape % ord(guess[1]) + guess[2:].encode() + b" ") * 5000 for guess in (right, wrong)
    ]
    assert abs(work_of(mask, bodies[0]) - work_of(mask, bodies[1])) < 200


def test_the_work_does_not_grow_with_the_number_of_tokens() -> None:
    body = b'{"url":"https:\\/\\/api.example\\/v1","query":"a%2Fb%3D&amp;c","name":"M\\u00fcller"}' * 100
    one = Mask(["sk-Live-8Fh2LqZx7VtR4m"])
    many = Mask([*one.secrets, *[base64.b64encode(b"%d" % number * 40).decode() for number in range(200)]])
    assert work_of(many, body) < work_of(one, body) + 10_000


def test_a_changed_mask_covers_the_added_secrets_and_no_longer_the_removed_ones() -> None:
    mask = Mask(["first-secret", "a%secret&too"])
    body = b"first-secret second%2Fsecret second/secret a%25secret&amp;too"
    changed = mask.changed(["second/secret"], ["first-secret", "a%secret&too"])
    assert changed is not mask
    assert changed.cover(body) == b"first-secret " + b"*" * 15 + b" " + b"*" * 13 + b" a%25secret&amp;too"
    assert mask.cover(body) == changed.cover(body)
    assert changed.changed((), ["second/secret"]).is_idle


def test_secrets_too_short_to_be_secret_are_left_alone() -> None:
    mask = Mask(["abc12"])
    assert mask.is_idle
    assert mask.cover(b"abc12") == b"abc12"


def test_without_secrets_nothing_changes() -> None:
    mask = Mask()
    assert mask.is_idle
    assert mask.cover(b"abc%41\\u0041&#65;") == b"abc%41\\u0041&#65;"
    assert MaskedBody(mask).feed(b"abc") == b"abc"


def test_no_secret_is_in_the_repr() -> None:
    assert repr(Mask(["abcdefgh"])) == "<Mask>"


@pytest.mark.parametrize("data", [b"data: 1\n\n", b'{"a":1}', b"", b"</p>", b"\r\n"])
def test_a_piece_that_ends_outside_a_word_is_sent_at_once(data: bytes) -> None:
    assert Mask(["s3cret-key"]).tail(data) == 0


@pytest.mark.parametrize("guess", [b"s", b"s3cret-", b"x3cret-", b"wrong-"])
def test_the_end_of_a_piece_waits_whether_or_not_it_begins_a_secret(guess: bytes) -> None:
    # If only real beginnings were held back, a caller could guess a secret octet by octet from the timing.
    body = MaskedBody(Mask(["s3cret-key"]))
    assert body.feed(b"echo: " + guess) == b"echo: "
    assert body.feed(b"\n") == guess + b"\n"


def test_a_long_word_is_not_held_back_for_ever() -> None:
    body = MaskedBody(Mask(["s3cret-key"]))
    sent = body.feed(b"x" * 100_000)
    assert len(sent) > 90_000
    assert sent + body.finish() == b"x" * 100_000


def test_a_long_word_that_comes_byte_by_byte_is_searched_in_parts_as_long_as_a_secret() -> None:
    # Each send searches the held bytes: without a bound, each of 20,000 bytes would be searched with all that are held.
    mask = Mask(["s3cret-key"])
    body = MaskedBody(mask)
    sent = [piece for piece in (body.feed(b"x") for _ in range(20_000)) if piece]
    assert len(sent) <= 20_000 // mask.longest + 1
    assert b"".join(sent) + body.finish() == b"x" * 20_000


@pytest.mark.parametrize("before", [b"", b": ", b" " * 700])
def test_a_long_word_waits_until_twice_the_length_of_a_secret_is_held(before: bytes) -> None:
    mask = Mask(["s3cret-key"])
    body = MaskedBody(mask)
    sent = body.feed(before + b"x" * mask.longest)
    held = len(before) + mask.longest
    assert len(sent) == (0 if held < 2 * mask.longest else len(before) + 1)
    held -= len(sent)
    pieces = [body.feed(b"x") for _ in range(2 * mask.longest - held)]
    assert [len(piece) for piece in pieces if piece] == [mask.longest + 1]
    assert pieces[-1]


def test_secrets_without_an_end_are_covered_in_every_piece() -> None:
    secret = "s3cret-key"
    body = MaskedBody(Mask([secret]))
    word = secret.encode() * 500
    sent = b"".join(body.feed(word[at : at + 37]) for at in range(0, len(word), 37)) + body.finish()
    assert sent == b"*" * len(word)


@pytest.mark.parametrize("at", [0, 1, 500, 3000, 9990])
def test_a_secret_within_a_long_word_is_covered_however_the_word_is_cut(at: int) -> None:
    mask = Mask(["s3cret-key"])
    word = b"x" * at + b"s3cret-key" + b"y" * (10_000 - at)
    for size in (1, 7, 640, 4096):
        body = MaskedBody(mask)
        sent = b"".join(body.feed(word[start : start + size]) for start in range(0, len(word), size)) + body.finish()
        assert sent == b"x" * at + b"*" * 10 + b"y" * (10_000 - at)


@pytest.mark.parametrize("is_escaped", [False, True])
def test_a_secret_that_lies_across_the_place_where_a_long_word_is_cut_is_covered_on_both_sides(
    is_escaped: bool,
) -> None:
    secret = "abcdefgh"
    spelled = b"".join(b"%%%02x" % ord(c) for c in secret) if is_escaped else secret.encode()
    mask = Mask([secret])
    for before in range(4 * mask.longest):
        word = b"a" * before + spelled + b"g" * 5 * mask.longest
        body = MaskedBody(mask)
        sent = b"".join(body.feed(word[at : at + 37]) for at in range(0, len(word), 37)) + body.finish()
        assert sent == b"a" * before + b"*" * len(spelled) + b"g" * 5 * mask.longest


def test_a_line_that_the_next_one_may_continue_is_held_and_sent_once() -> None:
    secret = "s3cret-of-ours/which+is=long"
    # In the second case the secret lies in two lines.
    for around in (b"", b"xy" * 22, b"xy" * 40):
        lines = base64.encodebytes(around + secret.encode() + around).splitlines(keepends=True)
        mask = Mask([secret])
        for size in (1, 5, 77):
            text = b"".join(lines)
            body = MaskedBody(mask)
            sent = [body.feed(text[at : at + size]) for at in range(0, len(text), size)]
            whole = b"".join(sent) + body.finish()
            assert len(whole) == len(text)
            assert whole == mask.cover(text)


def test_a_compressed_body_that_began_before_there_was_a_secret_does_not_go_on() -> None:
    body = MaskedBody(Mask(), is_coded=True)
    assert body.feed(b"\x1f\x8b\x08...") == b"\x1f\x8b\x08..."
    body.mask = Mask(["s3cret-key"])
    with pytest.raises(UpstreamError) as raised:
        body.feed(b"...")
    assert raised.value.detail == (
        "The upstream's answer is compressed and began before there was a secret, so the gateway cannot read it."
    )


def plain(data: bytes) -> bytes:
    """Undo every escape that the spellings use."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), data.decode("latin-1"))
    return unescape(unquote_to_bytes(text.encode("latin-1", "replace").decode("latin-1")).decode("latin-1")).encode(
        "latin-1", "replace"
    )


def base64_content(data: bytes) -> list[bytes]:
    """Return the decoded text of each run of base64 digits in the data, at every alignment."""
    found = []
    for run in re.findall(rb"[A-Za-z0-9+/_-]{2,}", data):
        for start in range(4):
            digits = run[start:].translate(bytes.maketrans(b"-_", b"+/"))
            digits = digits[: len(digits) // 4 * 4]
            found.append(base64.b64decode(digits))
    return found


def assert_nothing_of(secret: bytes, contents: list[bytes]) -> None:
    pieces = {secret[start : start + 6] for start in range(len(secret) - 5)}
    assert not any(piece in content for piece in pieces for content in contents)


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("%2545&", b"%254&#&#x35;3;&"),
        ("x&amp;;b", rb"\u002578&amp;;b"),
        ('41"+&2', rb'\u0&#48;341"+&2'),
        ("p5%41;", b"&#11&#x32;;5%41;"),
    ],
)
def test_a_secret_with_an_escape_of_its_own_is_covered_from_its_first_octet_if_only_some_escapes_are_undone(
    secret: str, written: bytes
) -> None:
    assert KnownSecrets(secret).mask.cover(b" " + written + b" ") == b" " + b"*" * len(written) + b" "
