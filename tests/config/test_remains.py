from pathlib import Path

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.config.remains import RefusedConfigError

WRONG = """
openapi: ./openapi.yaml
upstream: {url: "htp://x"}
allow: [listPets, {operation: x, nope: 1}, GET /pets]
deny: [{path: 1}, addPet]
"""


def remains(text):
    with pytest.raises(RefusedConfigError) as caught:
        load_text(text, path=Path("gateway.yaml"), environ={})
    return caught.value.remains


def test_entries_that_are_right_remain_with_the_index_at_which_they_are_written():
    left = remains(WRONG)
    assert left.openapi.source.endswith("openapi.yaml")
    assert [(one.operation, one.index) for one in left.allow] == [("listPets", 0), ("GET /pets", 2)]
    assert [(one.operation, one.index) for one in left.deny] == [("addPet", 1)]


@pytest.mark.parametrize(
    "openapi", ["openapi: [1]", "openapi: ftp://x", "opnapi: ./openapi.yaml", "openapi: {source: 1}"]
)
def test_nothing_remains_without_the_documents_place(openapi):
    assert remains(WRONG.replace("openapi: ./openapi.yaml", openapi)) is None


@pytest.mark.parametrize(
    "allow", ["allow: listPets", "allow: {a: 1}", "alow: [listPets]", "allow: [[[]]]", "allow: null"]
)
def test_lists_that_are_none_have_no_entries(allow):
    text = WRONG.replace("allow: [listPets, {operation: x, nope: 1}, GET /pets]", allow)
    assert remains(text).allow == ()
