from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.console.mark import KEY_BYTES, mark_of

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@given(st.binary(), st.binary(), keys)
def test_two_contents_have_one_mark_only_if_they_are_the_same(one: bytes, other: bytes, key: bytes) -> None:
    assert (mark_of(one, key) == mark_of(other, key)) == (one == other)


@given(st.binary(), keys, keys)
def test_a_mark_does_not_reveal_the_content_without_the_key(content: bytes, key: bytes, guessed: bytes) -> None:
    assert (mark_of(content, key) == mark_of(content, guessed)) == (key == guessed)
