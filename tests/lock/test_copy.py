import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.copy import copy_of, read_copy, write_copy
from plugin_gateway.lock.lock import Lock
from plugin_gateway.lock.locking import Drifts, find_drift, lock_of
from plugin_gateway.openapi.document import Document
from tests.lock.test_parts import ADD, LIST, OWNERS, ROOT

DOCUMENT = Document(root=ROOT, name="t")
IDS = {LIST: "listPets", ADD: "", OWNERS: ""}


@given(st.sets(st.sampled_from([LIST, ADD, OWNERS])))
def test_a_copy_is_the_document_of_its_lock(keys: set[tuple[str, str]]) -> None:
    lock = lock_of(DOCUMENT, {key: name for key, name in IDS.items() if key in keys}, {}, Lock(document=""))
    copy = read_copy(write_copy(copy_of(DOCUMENT, lock)), "gateway.locked.json")
    assert find_drift(copy.document, lock, lock.operations) == Drifts()
    assert {*copy.document.operations} == keys
    assert copy.names == ("GET /owners", "GET /pets", "POST /pets")


def test_a_copy_shows_a_changed_word_in_one_line() -> None:
    lock = lock_of(DOCUMENT, IDS, {}, Lock(document=""))
    root = json.loads(json.dumps(ROOT).replace("List pets", "List all pets"))
    lines = [write_copy(copy_of(Document(root=one, name="t"), lock)).splitlines() for one in (ROOT, root)]
    assert [(old, new) for old, new in zip(*lines, strict=True) if old != new] == [
        (b'          "summary": "List pets",', b'          "summary": "List all pets",')
    ]


@pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b'{"document": {}}', b'{"document": []}'])
def test_another_file_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentError):
        read_copy(text, "gateway.locked.json")


@pytest.mark.parametrize("names", [b"7", b"[1]"])
def test_names_that_are_not_names_are_ignored(names: bytes) -> None:
    text = b'{"operations": %b, "document": {"openapi": "3.1.0", "info": {}, "paths": {}}}' % names
    assert read_copy(text, "gateway.locked.json").names == ()
