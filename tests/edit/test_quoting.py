import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.config.tree import read
from plugin_gateway.edit.quoting import comment, is_plain, scalar


@example("/*/a~1b@$c", "")
@example("../a-b/*", "")
@example(".5", "")
@given(
    st.text(max_size=30).filter(lambda text: text.encode(errors="ignore").decode() == text),
    st.sampled_from(["", "'", '"']),
)
def test_a_scalar_is_read_as_its_text_in_a_block_and_in_a_flow_list(text: str, quote: str) -> None:
    for written in (f"- {scalar(text, quote=quote, in_block=True)}", f"[{scalar(text, quote=quote)}, x]"):
        root, found = read(written)
        assert not found
        assert root is not None
        assert root.plain()[0] == text
        assert yaml.load(written, Loader=yaml.CSafeLoader)[0] == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("listPets", "listPets"),
        ("GET /pets", "GET /pets"),
        ("https://a.test/v1", "https://a.test/v1"),
        ("./openapi.yaml", "./openapi.yaml"),
        ("/*/user/login", "/*/user/login"),
        ("/a~1b/$ref", "/a~1b/$ref"),
        ("on", '"on"'),
        (".5", '".5"'),
        (".nan", '".nan"'),
        ("1e3", '"1e3"'),
        ("a: b", '"a: b"'),
        ('say "x"\n', '"say \\"x\\"\\u000a"'),
        ("\U0001f9d1\U000e0001", '"\U0001f9d1\\U000e0001"'),
    ],
)
def test_text_is_plain_where_every_parser_reads_it_alike(text: str, written: str) -> None:
    assert scalar(text) == written


def test_braces_are_plain_in_a_block_list_only() -> None:
    assert is_plain("GET /pets/{petId}", in_block=True)
    assert not is_plain("GET /pets/{petId}")


def test_the_quotes_of_the_neighbours_are_kept_where_they_can_hold_the_text() -> None:
    assert scalar("it's", quote="'") == "'it''s'"
    assert scalar("a\nb", quote="'") == '"a\\u000ab"'


def test_a_comment_is_one_line_of_printable_characters() -> None:
    assert comment("a\n\x1b[31mb\u2028c") == "a [31mb c"
    assert comment("x" * 90) == "x" * 79 + "…"
