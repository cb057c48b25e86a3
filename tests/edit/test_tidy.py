import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.edit.proof import is_same, meaning
from plugin_gateway.edit.tidy import tidy
from plugin_gateway.errors import EditError
from tests.edit.test_entries import Case, block_lists, flow_lists

REMARKS = {"listPets": "GET /pets", "getPet": "GET /pets/{petId}", "Größe": "GET /größe"}


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("allow:\n  - listPets\n  - getPet\n", "allow:\n  - listPets   # GET /pets\n  - getPet     # GET /pets/{petId}\n"),
        ("allow:\n  - listPets  # GET /old: Pets\n", "allow:\n  - listPets  # GET /pets: Pets\n"),
        ("allow:\n  - listPets # why\n  - getPet\t# GET /pets/{id}\n", "allow:\n  - listPets # why\n  - getPet   # GET /pets/{petId}\n"),
        ("allow:\n  - listPets        # why\n  - getPet\n", "allow:\n  - listPets        # why\n  - getPet          # GET /pets/{petId}\n"),
        ("allow:\n  - GET /pets\n  - gone  # GET /gone\n", "allow:\n  - GET /pets\n  - gone  # GET /gone\n"),
        ("allow:\n  - 'listPets'\n  - operation: getPet\n", "allow:\n  - 'listPets'   # GET /pets\n  - operation: getPet\n"),
        ("allow: [listPets]\ndeny:\n- getPet\n", "allow: [listPets]\ndeny:\n- getPet   # GET /pets/{petId}\n"),
        ("consumers:\n  - name: a\n    allow:\n      - getPet\n", "consumers:\n  - name: a\n    allow:\n      - getPet   # GET /pets/{petId}\n"),
        ("allow: [] \n\n\n# x\t\nz: 1\n\n\n", "allow: []\n\n# x\nz: 1\n"),
        ("allow: []\r\n\r\n\r\nz: 1", "allow: []\r\n\r\nz: 1\r\n"),
        ("a: |\n  x  \n\n\n  y\nb: |+\n  z\n\n\n", "a: |\n  x  \n\n\n  y\nb: |+\n  z\n\n\n"),
        ("a: 'x  \n\n\n  y'  \nb: x  \n  y  \n", "a: 'x  \n\n\n  y'\nb: x  \n  y\n"),
        ("# only a comment  \n\n", "# only a comment\n"),
    ],
)  # fmt: skip
def test_a_text_is_put_in_one_style(text: str, tidied: str) -> None:
    assert tidy(text, REMARKS) == tidied


CASES = st.one_of(block_lists(), flow_lists())


@given(
    CASES,
    st.dictionaries(
        st.sampled_from(["listPets", "get.pet", "Größe", "größe_2"]), st.sampled_from(["GET /a", "PUT /b/{c}"])
    ),
)
def test_tidying_keeps_the_meaning_and_the_comments_and_a_second_run_changes_nothing(
    case: Case, remarks: dict[str, str]
) -> None:
    tidied = tidy(case.text, remarks)

    assert is_same(meaning(tidied), meaning(case.text))
    assert tidy(tidied, remarks) == tidied
    for said in re.findall(r"# (?!GET|PUT)[^\r\n]*", case.text):
        assert said.rstrip() in tidied


def test_a_text_with_mistakes_is_not_touched() -> None:
    with pytest.raises(EditError):
        tidy("a: [\n", {})
