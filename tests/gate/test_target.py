"""Request targets: the gate takes them unchanged, or refuses them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.target import MAX_SEGMENTS, MAX_TARGET_BYTES, Target, read_target
from plugin_gateway.refusal import Refusal

REFUSED = [
    (b"", 400, "malformed-target"),
    (b"*", 400, "malformed-target"),
    (b"?x", 400, "malformed-target"),
    (b"pets", 400, "malformed-target"),
    (b"gw.test:443", 400, "malformed-target"),
    (b"http://gw.test/pets", 400, "malformed-target"),
    (b"https://gw.test/pets/1", 400, "malformed-target"),
    (b"file:///etc/passwd", 400, "malformed-target"),
    (b"@127.0.0.1/pets", 400, "malformed-target"),
    (b"/pets/1 /admin", 400, "malformed-target"),
    (b"/pets/1\x7f", 400, "malformed-target"),
    (b"/pets/1\x00", 400, "malformed-target"),
    (b"/pets/1\n", 400, "malformed-target"),
    (b"/pets/\xc0\xaf", 400, "malformed-target"),
    (b"/pets/1#x", 400, "malformed-target"),
    (b"/pets#", 400, "malformed-target"),
    (b"/files\\..\\admin", 400, "malformed-target"),
    (b"/pets/%1", 400, "malformed-target"),
    (b"/pets/%zz", 400, "malformed-target"),
    (b"/pets/%", 400, "malformed-target"),
    (b"/pets/%u002e", 400, "malformed-target"),
    (b"/pets/1;x", 400, "malformed-target"),
    (b"/pets/..;/admin", 400, "malformed-target"),
    (b'/pets/"', 400, "malformed-target"),
    (b"//admin", 400, "ambiguous-path"),
    (b"/pets//1", 400, "ambiguous-path"),
    (b"//", 400, "ambiguous-path"),
    (b"/pets/1//", 400, "ambiguous-path"),
    (b"/pets/..", 400, "ambiguous-path"),
    (b"/pets/+", 400, "ambiguous-path"),
    (b"/pets/+/1", 400, "ambiguous-path"),
    (b"/pets/./1", 400, "ambiguous-path"),
    (b"/../pets", 400, "ambiguous-path"),
    (b"/pets/%2e%2e/admin", 400, "ambiguous-path"),
    (b"/files/..%2f..%2fadmin", 400, "ambiguous-path"),
    (b"/files/a%2f", 400, "ambiguous-path"),
    (b"/files/%2fa", 400, "ambiguous-path"),
    (b"/files/a%252fb", 400, "ambiguous-path"),
    (b"/files/a%2f%252e%252e", 400, "ambiguous-path"),
    (b"/pets/1%3f/toys", 400, "ambiguous-path"),
    (b"/pets/1%23/toys", 400, "ambiguous-path"),
    (b"/pets/1%253f/toys", 400, "ambiguous-path"),
    (b"/pets/1%3f/", 400, "ambiguous-path"),
    (b"/pets/1%23%2Ftoys", 400, "ambiguous-path"),
    (b"/" + b"a" * MAX_TARGET_BYTES, 414, "target-too-long"),
    (b"/a?" + b"a" * (MAX_TARGET_BYTES - 2), 414, "target-too-long"),
    (b"/a" * (MAX_SEGMENTS + 1), 414, "target-too-long"),
    (b"/%41" * (MAX_SEGMENTS + 1), 414, "target-too-long"),
]


@pytest.mark.parametrize(("target", "status", "code"), REFUSED)
def test_a_target_of_no_single_meaning_is_refused(target: bytes, status: int, code: str) -> None:
    refusal = read_target(target)

    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (status, code)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (b"/a//b", "an empty segment"),
        (b"/files/%2fa", "an encoded slash next to an empty segment"),
        (b"/files/..", "a segment that some servers read as empty, `.` or `..`"),
        (b"/files/a%2f..", "a segment that some servers read as empty, `.` or `..`"),
        (b"/pets/1%3f/toys", "an encoded `?` or `#` before its end"),
        (b"/files/%ff", "percent-encoded octets that are not UTF-8"),
        (b"/files/a%00", "a control character"),
    ],
)
def test_a_path_of_two_meanings_is_refused_with_the_reason_and_the_way_out(target: bytes, reason: str) -> None:
    refusal = read_target(target)

    assert isinstance(refusal, Refusal)
    assert refusal.detail == f"The path is ambiguous: it contains {reason}."
    assert refusal.hint == "Send the value in its plain form, percent-encoded once."


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/pets/42", b"/pets/42", b""),
        (b"/pets/", b"/pets/", b""),
        (b"/pets?", b"/pets", b""),
        (b"/pets?a=b?c", b"/pets", b"a=b?c"),
        (b"/files/..foo", b"/files/..foo", b""),
        (b"/files/C%23", b"/files/C%23", b""),
        (b"/files/a%2Fwhat%3F", b"/files/a%2Fwhat%3F", b""),
        (b"/files/a%20b.txt?x", b"/files/a%20b.txt", b"x"),
        (b"/a" * MAX_SEGMENTS, b"/a" * MAX_SEGMENTS, b""),
        (b"/%41" * MAX_SEGMENTS, b"/%41" * MAX_SEGMENTS, b""),
        (b"/a?" + b"a" * (MAX_TARGET_BYTES - 3), b"/a", b"a" * (MAX_TARGET_BYTES - 3)),
    ],
)
def test_a_plain_target_is_taken_as_it_stands(target: bytes, path: bytes, query: bytes) -> None:
    read = read_target(target)

    assert isinstance(read, Target)
    assert (read.path, read.query) == (path, query)


def test_an_encoded_slash_is_marked_for_the_route_to_decide() -> None:
    read = read_target(b"/repos/o/r/contents/a%2Fb")

    assert isinstance(read, Target)
    assert read.slashed == {5}


@pytest.mark.parametrize(
    ("target", "detail", "hint"),
    [
        (
            b"/a;b",
            "a `;` at offset 2",
            "The gateway does not forward path parameters after `;`; write a literal semicolon as %3B.",
        ),
        (b"/a{b", "`{` at offset 2", "Write it as %7B."),
        (b"/50%", "a `%` that does not begin an escape at offset 3", "Write a percent sign as %25."),
        (b"/a\\b", "a backslash at offset 2", "Separate segments by `/`."),
        (
            b"/\x7f",
            "a blank, a control character or a byte outside ASCII at offset 1",
            "Percent-encode UTF-8 octets.",
        ),
    ],
)
def test_a_malformed_target_says_how_to_mend_it(target: bytes, detail: str, hint: str) -> None:
    refusal = read_target(target)

    assert isinstance(refusal, Refusal)
    assert refusal.detail == f"The path contains {detail}, which RFC 3986 does not allow there."
    assert refusal.hint == hint


def test_readings_of_a_plain_segment_and_of_an_escaped_one() -> None:
    plain, escaped = read_target(b"/pets/Ab.C"), read_target(b"/pets/%41b.C")

    assert isinstance(plain, Target)
    assert isinstance(escaped, Target)
    assert plain.readings(2) == ("ab.c",)
    assert "ab.c" in escaped.readings(2)


def test_a_long_near_miss_is_read_in_linear_time() -> None:
    assert isinstance(read_target(b"/" + b"a." * 4000 + b"\xff"), Refusal)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(target: bytes) -> None:
    read = read_target(target)

    assert isinstance(read, Target | Refusal)


@given(st.text("/.%25eEfF;\\?#a ", max_size=20).map(str.encode))
def test_a_path_that_is_read_has_no_dot_segment_and_no_empty_one_inside(target: bytes) -> None:
    read = read_target(b"/" + target)

    if isinstance(read, Target):
        segments = read.path.split(b"/")
        assert b"" not in segments[1:-1]
        assert not {b".", b".."} & set(segments)
        assert b"/" + target == read.path + (b"?" + read.query if b"?" in target else b"")
