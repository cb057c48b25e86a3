import pytest

from plugin_gateway.proxy.answer_head import Answer, of_length, status_line


def head(block: bytes = b"", length: int = -1, *, status: int = 200, codings: tuple[bytes, ...] = ()) -> Answer:
    return Answer(status, block, length, is_chunked=True, keeps_alive=True, is_dated=True, codings=codings)


def test_a_status_has_our_phrase_or_none() -> None:
    assert status_line(404) == b"HTTP/1.1 404 Not Found\r\n"
    assert status_line(599) == b"HTTP/1.1 599 \r\n"


def test_pairs_are_for_servers_that_set_the_date_themselves() -> None:
    assert head(b"Date: d\r\nX-Own: 1\r\n").pairs(b"r", b"Extra: e\r\n") == [
        (b"x-own", b"1"),
        (b"extra", b"e"),
        (b"x-request-id", b"r"),
    ]


@pytest.mark.parametrize(
    ("status", "length", "has_body"), [(200, -1, True), (200, 0, False), (204, -1, False), (304, 5, False)]
)
def test_content_follows_unless_the_status_or_the_length_says_that_there_is_none(
    status: int, length: int, has_body: bool
) -> None:
    assert head(length=length, status=status).has_body is has_body


@pytest.mark.parametrize(("status", "is_challenge"), [(401, True), (407, True), (403, False), (200, False)])
def test_a_challenge_is_a_refusal_of_a_credential(status: int, is_challenge: bool) -> None:
    answer = head(status=status)
    assert (answer.is_challenge, answer.is_special) == (is_challenge, is_challenge)


def test_a_head_gets_the_length_of_its_body() -> None:
    answer = of_length(head(b"X-Own: 1\r\n"), 7)
    assert (answer.block, answer.length, answer.is_chunked) == (b"X-Own: 1\r\nContent-Length: 7\r\n", 7, False)
    assert answer.is_sealed
    assert answer.is_dated


def test_the_head_of_a_decoded_body_has_no_digest_no_length_and_a_weak_validator() -> None:
    block = (
        b'ETag: "a"\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\nRepr-Digest: d\r\nContent-MD5: m\r\nX-Own: 1\r\n'
    )
    uncoded = head(block, 9, codings=(b"gzip",)).uncoded
    assert uncoded.block == b'ETag: W/"a"\r\nX-Own: 1\r\n'
    assert (uncoded.length, uncoded.codings, uncoded.is_chunked) == (-1, (), True)


def test_a_head_without_a_coding_is_the_head_of_its_decoded_body() -> None:
    answer = head(b'ETag: "a"\r\n')
    assert answer.uncoded is answer
