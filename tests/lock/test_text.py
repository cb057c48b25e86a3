from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import ConfigError
from plugin_gateway.lock.lock import EntryWords, Lock, LockedOperation
from plugin_gateway.lock.parts import ABSENT, Parts
from plugin_gateway.lock.text import read_lock, write_lock
from plugin_gateway.openapi.document import OperationKey

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
paths = st.one_of(st.sampled_from(["/", "/pets", "/pets/{id}", "/a: b", "/x#y", '/"q"', "/é"]), words.map("/{}".format))
keys = st.builds(OperationKey, st.sampled_from(["GET", "POST", "M-SEARCH"]), paths)
digests = st.integers(0, 2**128 - 1).map("sha256:{:032x}".format)
operations = st.builds(
    lambda operation_id, parts: LockedOperation(operation_id=operation_id, parts=parts),
    operation_id=st.one_of(st.just(""), words),
    parts=st.builds(Parts, digests, st.one_of(digests, st.just(ABSENT)), digests, digests),
)
methods = st.sampled_from([(), ("GET",), ("DELETE", "GET")])
groups = st.one_of(
    st.builds(lambda tag, methods: EntryWords(("allow",), "", tag, "", methods), words, methods),
    st.builds(lambda path, methods: EntryWords(("deny",), "", "", path, methods), paths, methods),
    st.builds(lambda operation: EntryWords(("deny",), operation, "", "", ()), words),
    st.builds(lambda name, tag: EntryWords(("consumers", name), "", tag, "", ()), words, words),
)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    locked = draw(st.dictionaries(keys, operations, max_size=4))
    members = st.frozensets(st.sampled_from(sorted(locked)), max_size=3) if locked else st.just(frozenset())
    return Lock(
        document=draw(digests),
        discriminator=draw(st.sampled_from(["follow", "trim"])),
        extensions=tuple(sorted(draw(st.sets(words, max_size=2)))),
        operations=locked,
        groups=draw(st.dictionaries(groups, members, max_size=3)),
    )


@given(locks())
def test_a_lock_reads_back_as_it_was_and_has_one_text(lock: Lock) -> None:
    text = write_lock(lock)
    assert read_lock(text, "gateway.lock") == lock
    assert read_lock("\ufeff" + text.replace("\n", "\r\n"), "gateway.lock") == lock
    backwards = Lock(
        document=lock.document,
        discriminator=lock.discriminator,
        extensions=lock.extensions,
        operations=dict(reversed(list(lock.operations.items()))),
        groups=dict(reversed(list(lock.groups.items()))),
    )
    assert write_lock(backwards) == text


LOCK = Lock(
    document="sha256:" + "0" * 32,
    operations={
        OperationKey("GET", "/pets/{id}"): LockedOperation(
            operation_id="getPet", parts=Parts("sha256:" + "1" * 32, ABSENT, "sha256:" + "2" * 32, "sha256:" + "3" * 32)
        )
    },
    groups={EntryWords(("allow",), "", "pets", "", ("GET",)): frozenset({OperationKey("GET", "/pets/{id}")})},
)
TEXT = write_lock(LOCK)


def test_the_text_is_yaml_with_one_fact_on_each_line() -> None:
    value = yaml.safe_load(TEXT)
    assert value["operations"]["GET /pets/{id}"]["id"] == "getPet"
    assert value["groups"] == {"allow tag pets methods GET": ["GET /pets/{id}"]}
    assert max(map(len, TEXT.splitlines()[2:])) < 60


def findings(text: str) -> list[tuple[str, int]]:
    with pytest.raises(ConfigError) as caught:
        read_lock(text, "gateway.lock")
    assert all("plugin-gateway lock" in finding.hint for finding in caught.value.findings)
    return [(one.rule, one.location.line if one.location else -1) for one in caught.value.findings]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("version: 1", "version: 2", ("lock-version", 0)),
        ("version: 1\n", "", ("lock-version", 0)),
        ("document: ", "dokument: ", ("lock-unreadable", 4)),
        (LOCK.document, "sha256:12", ("lock-unreadable", 0)),
        ("operations:", "<<<<<<< HEAD\noperations:\n=======\n>>>>>>> other", ("lock-conflict", 7)),
        ("    body: none\n", "", ("lock-incomplete", 8)),
        ("    body: none\n", "    body: none\n    body: none\n", ("lock-unreadable", 12)),
        ("    body: none", "    body: md5:1", ("lock-unreadable", 11)),
        ("    - GET /pets/{id}", "    - GET /other", ("lock-incomplete", 0)),
        ("  allow tag pets methods GET:", "  allow colour pets:", ("lock-unreadable", 15)),
        ("  allow tag pets methods GET:", "  allow tag pets verbs GET:", ("lock-unreadable", 15)),
        ("groups:", "groups:\n  allow tag pets methods GET:", ("lock-unreadable", 16)),
        ("operations:", "operations:\n  GET /pets/{id}:", ("lock-unreadable", 9)),
        ("version: 1", "version: 1\nversion: 1", ("lock-unreadable", 4)),
        ("discriminator: follow", "discriminator: guess", ("lock-unreadable", 0)),
        ("extensions: []", "extensions: [x", ("lock-unreadable", 0)),
        ("extensions: []", "extensions: [1]", ("lock-unreadable", 0)),
        ("version: 1", "version: 1\n\tx", ("lock-unreadable", 4)),
    ],
)
def test_a_lock_broken_by_hand_or_by_a_merge_gets_findings_at_its_lines(
    old: str, new: str, found: tuple[str, int]
) -> None:
    assert old in TEXT
    assert found in findings(TEXT.replace(old, new, 1))


@given(st.integers(0, len(TEXT)), st.text(max_size=3))
def test_a_damaged_lock_is_refused_with_findings_or_is_another_lock(at: int, more: str) -> None:
    with suppress(ConfigError):
        assert isinstance(read_lock(TEXT[:at] + more + TEXT[at:], "gateway.lock"), Lock)
