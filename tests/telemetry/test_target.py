import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.telemetry.target import shown_target


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/pets/7", "/pets/7", ()),
        (b"/pets?limit=5&tag=cat&tag=dog", "/pets", ("limit", "tag")),
        (b"/pets?filter[name]=x", "/pets", ("filter[name]",)),
        (b"/pets?verbose", "/pets", ("verbose",)),
        (b"", "", ()),
        (b"*", "*", ()),
        (b"/a\x1b[31m\xff", "/a\\x1b[31m\\xff", ()),
    ],
)
def test_the_path_and_the_names_in_the_query_are_shown(target: bytes, path: str, query: tuple[str, ...]) -> None:
    assert shown_target(target) == (path, query)


@pytest.mark.parametrize(
    "target",
    [
        b"/x?key=S3CRET",
        b"/x?S3CRET",
        b"/x?a=1;b=S3CRET",
        b"/x?a%3DS3CRET",
        b"/x?a%253DS3CRET",
        b"/x?a=b?c=S3CRET",
        b"/x%3Fkey=S3CRET",
        b"/x%253fS3CRET",
        b"/x#access_token=S3CRET",
        b"/x%23S3CRET",
        b"/x;jsessionid=S3CRET/y",
        b"/x;jsessionid%3DS3CRET",
        b"http://me:S3CRET@host/x",
        b"//me:S3CRET@host/x",
        b"/x/key=S3CRET?S3CRET",
    ],
)
def test_a_value_is_never_shown_however_it_is_written(target: bytes) -> None:
    assert "S3CRET" not in str(shown_target(target))


@given(st.binary(max_size=5000))
def test_a_shown_target_is_printable_and_bounded(target: bytes) -> None:
    path, query = shown_target(target)
    assert len(path) <= 203
    assert len(query) <= 16
    assert all(len(name) <= 43 for name in query)
    assert "".join([path, *query]).isascii()
    assert "".join([path, *query]).isprintable()
