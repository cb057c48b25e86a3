from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.cli.entry import run
from plugin_gateway.edit import entries, proof
from plugin_gateway.edit.proof import meaning
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reports import list_edits
from plugin_gateway.reports.list_edits import ListEditor, pointer_of

OPENAPI = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, tags: [reads], responses: {}}
    post: {responses: {}}
  /pets/{petId}:
    get: {operationId: getPet, tags: [reads], responses: {}}
    delete: {operationId: deletePet, responses: {}}
  /twins/1: {get: {operationId: twin, responses: {}}}
  /twins/2: {get: {operationId: twin, responses: {}}}
"""


PETS = Document(root=yaml.safe_load(OPENAPI), name="openapi.yaml")


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "openapi.yaml"
    path.write_text(OPENAPI)
    return read_document(str(path))


def edited(document: Document, text: str, verb: str, *names: str) -> tuple[str, tuple[str, ...], list[str]]:
    editor = ListEditor(text, document)
    for name in names:
        getattr(editor, verb)(name)
    edit = editor.result()
    return edit.text, edit.notes, [finding.rule for finding in edit.findings]


@pytest.mark.parametrize(
    ("text", "names", "after", "notes"),
    [
        ("allow: [listPets]\n", ["getPet"], "allow: [listPets, getPet]\n", ()),
        ("allow: [listPets]\n", ["get /pets/{petId}"], 'allow: [listPets, "GET /pets/{petId}"]\n', ()),
        ("allow:\n  - listPets\n", ["getPet", "POST /pets"], "allow:\n  - listPets\n  - getPet   # GET /pets/{petId}\n  - POST /pets\n", ()),
        ("allow: [listPets]\n", ["GET /pets"], "allow: [listPets]\n", ("`GET /pets` is in `allow` already",)),
        ("allow: [{operation: listPets}]\n", ["listPets"], "allow: [{operation: listPets}]\n", ("`listPets` is in `allow` already",)),
        ("allow: [{tag: reads}]\n", ["getPet"], "allow: [{tag: reads}]\n", ("`getPet` is in `allow` already by `tag reads`",)),
        ("allow: [GET /pets/*]\n", ["getPet"], "allow: [GET /pets/*]\n", ("`getPet` is in `allow` already by `GET /pets/*`",)),
        ("allow: []\ndeny: [deletePet]\n", ["deletePet"], "allow:\n  - deletePet   # DELETE /pets/{petId}\ndeny: []\n", ("took `deletePet` out of `deny`",)),
    ],
)  # fmt: skip
def test_allow_leaves_the_operation_open(
    document: Document, text: str, names: list[str], after: str, notes: tuple[str, ...]
) -> None:
    assert edited(document, text, "allow", *names) == (after, notes, [])


NAMES = ["listPets", "GET /pets", "getPet", "deletePet", "POST /pets", "GET /pets/*", "twin", "GET /twins/1", "nonsuch"]
TEXTS = [
    "openapi: x\n",
    "allow: []\n",
    "allow: [listPets]\n",
    "allow:\n  - tag: reads\n",
    "allow:\n  - listPets # x\ndeny: [deletePet, GET /twins/*]\n",
]


@given(st.sampled_from(TEXTS), st.lists(st.sampled_from(NAMES)))
def test_operations_that_are_opened_at_once_are_open_as_if_one_after_another(text: str, names: list[str]) -> None:
    at_once, one_by_one = ListEditor(text, PETS), ListEditor(text, PETS)
    at_once.allow_all(names)
    for name in names:
        one_by_one.allow(name)

    assert at_once.result() == one_by_one.result()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts that are read."""
    readings: list[str] = []

    def counted(text: str) -> object:
        readings.append(text)
        return meaning(text)

    for module in (entries, proof, list_edits):
        monkeypatch.setattr(module, "meaning", counted)
    return readings


MANY = Document(
    root={
        "openapi": "3.1.0",
        "paths": {f"/p{n}": {"get": {"operationId": f"op{n}", "responses": {}}} for n in range(300)},
    },
    name="many",
)


def test_many_operations_are_opened_in_a_few_readings_of_the_text(readings: list[str]) -> None:
    editor = ListEditor("allow:\n  - op0\n", MANY)
    editor.allow_all(f"op{number}" for number in range(300))

    assert editor.text.count("\n") == 301
    assert len(readings) < 10


def test_each_operation_is_closed_in_a_few_readings_of_the_text(readings: list[str]) -> None:
    editor = ListEditor("allow:\n" + "".join(f"  - op{number}\n" for number in range(20)), MANY)
    for number in range(10):
        editor.deny(f"op{number}")

    assert editor.text.count("\n") == 11
    assert len(readings) <= 1 + 3 * 10


@pytest.mark.parametrize(
    ("text", "name", "rule"),
    [
        ("allow: []\n", "listPet", "unknown-operation"),
        ("allow: []\n", "PUT /pets", "unknown-operation"),
        ("allow: []\n", "GET /toys/*", "unknown-operation"),
        ("allow: []\n", "twin", "ambiguous-operation"),
        ("allow: []\ndeny: [{path: /**, methods: DELETE}]\n", "deletePet", "allowed-and-denied"),
    ],
)
def test_an_operation_that_cannot_be_opened_changes_nothing(
    document: Document, text: str, name: str, rule: str
) -> None:
    assert edited(document, text, "allow", name) == (text, (), [rule])


@pytest.mark.parametrize(
    ("text", "name", "after", "notes"),
    [
        ("allow: [listPets, getPet]\n", "listPets", "allow: [getPet]\n", ()),
        ("allow: [listPets, getPet]\n", "GET /pets", "allow: [getPet]\n", ()),
        ("allow:\n  - operation: getPet\n    rate: 1/s\n  - listPets\n", "getPet", "allow:\n  - listPets\n", ()),
        ("allow: [listPets, GET /pets, getPet]\n", "listPets", "allow: [getPet]\n", ()),
        ("allow: [{tag: reads}]\n", "getPet", "allow: [{tag: reads}]\ndeny:\n  - getPet   # GET /pets/{petId}\n", ("`tag reads` in `allow` names `getPet`, too; `deny` wins",)),
        ("allow: [{tag: reads}, getPet]\n", "getPet", "allow: [{tag: reads}]\ndeny:\n  - getPet   # GET /pets/{petId}\n", ("`tag reads` in `allow` names `getPet`, too; `deny` wins",)),
        ("allow: [listPets]\n", "getPet", "allow: [listPets]\ndeny:\n  - getPet   # GET /pets/{petId}\n", ()),
        ("allow: [listPets]\ndeny: [DELETE /**]\n", "deletePet", "allow: [listPets]\ndeny: [DELETE /**]\n", ("`deletePet` is closed already: `DELETE /**` is in `deny`",)),
        ("allow: [listPets]\n", "DELETE /**", "allow: [listPets]\ndeny:\n  - DELETE /**\n", ()),
        ("allow: [listPets]\ndeny: [DELETE /**]\n", "delete /**", "allow: [listPets]\ndeny: [DELETE /**]\n", ("`delete /**` is in `deny` already",)),
        ("allow: [gone, listPets]\n", "gone", "allow: [listPets]\n", ()),
        ("allow: [listPets]\nconsumers: [{name: a, allow: [listPets]}]\n", "listPets", "allow: []\nconsumers: [{name: a, allow: []}]\n", ()),
    ],
)  # fmt: skip
def test_deny_leaves_the_operation_closed(
    document: Document, text: str, name: str, after: str, notes: tuple[str, ...]
) -> None:
    assert edited(document, text, "deny", name) == (after, notes, [])


@pytest.mark.parametrize(
    ("name", "rule"),
    [("listPet", "unknown-operation"), ("PATCH /**", "unknown-operation"), ("twin", "ambiguous-operation")],
)
def test_a_name_that_closes_nothing_is_an_error(document: Document, name: str, rule: str) -> None:
    assert edited(document, "allow: [listPets]\n", "deny", name) == ("allow: [listPets]\n", (), [rule])


CONSUMERS = "allow: [listPets, getPet]\nconsumers:\n  - name: a\n    allow: [listPets]\n  - name: b\n    allow: [{tag: reads}]\n"


def test_the_list_of_a_consumer_is_edited_alone(document: Document) -> None:
    editor = ListEditor(CONSUMERS, document)
    pointer = pointer_of(CONSUMERS, "a")
    assert pointer is not None
    editor.allow("getPet", pointer)
    editor.deny("listPets", pointer)
    editor.deny("deletePet", pointer)

    assert editor.result().text == CONSUMERS.replace("    allow: [listPets]", "    allow: [getPet]")
    assert editor.result().notes == ("`deletePet` is not in `consumers[0].allow`",)


def test_a_group_of_a_consumer_is_left_to_the_operator(document: Document) -> None:
    editor = ListEditor(CONSUMERS, document)
    editor.deny("listPets", ("consumers", 1, "allow"))

    assert [finding.rule for finding in editor.result().findings] == ["group-allows"]
    assert editor.result().text == CONSUMERS


def test_an_unknown_consumer_has_no_list() -> None:
    assert pointer_of(CONSUMERS, "c") is None
    assert pointer_of("allow: []\n", "a") is None


def test_entries_that_no_valid_config_has_name_nothing(document: Document) -> None:
    text = "allow: [1, [a], {tag: reads, path: /x}, {operation: 7}, {path: /pets, methods: {a: 1}}]\n"

    assert edited(document, text, "deny", "getPet")[0] == f"{text}deny:\n  - getPet   # GET /pets/{{petId}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Document) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.yaml").write_text(
        f"openapi: openapi.yaml\nupstream: {{url: http://127.0.0.1:1}}\nauth:\n  type: user_http\n  tokens: [{{name: t, env: T}}]\n{CONSUMERS}"
        "  - name: c\n    match: {token: t}\n".replace("  - name: a", "  - name: a\n    match: {token: t}").replace(
            "  - name: b", "  - name: b\n    match: {token: t}"
        )
    )
    return tmp_path


def test_findings_about_the_file_have_their_line_and_exit_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "gateway.yaml").read_text()
    (folder / "gateway.yaml").write_text(before + "deny:\n  - DELETE /**\n")

    assert run(["allow", "deletePet"]) == 1
    assert "gateway.yaml:17:5: error[allowed-and-denied]" in capsys.readouterr().err


def test_a_consumer_of_the_command_line_must_exist(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["allow", "getPet", "--consumer", "unknown"]) == 2
    assert "there is no consumer `unknown`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "verb", "name", "after", "notes"),
    [
        ("allow: [listPets]\n", "allow", "get /pets/*", 'allow: [listPets, "GET /pets/*"]\n', ()),
        ("allow: [GET /pets/*]\n", "allow", "GET /pets/*", "allow: [GET /pets/*]\n", ("`GET /pets/*` is in `allow` already",)),
        ("allow: []\ndeny: [{path: /pets/*, methods: GET}]\n", "allow", "GET /pets/*", "allow:\n  - GET /pets/*\ndeny: []\n", ("took `GET /pets/*` out of `deny`",)),
        ("allow: [listPets, GET /pets/*]\n", "deny", "GET /pets/*", "allow: [listPets]\n", ("took `GET /pets/*` out of `allow`",)),
        ("allow: [getPet, {path: /pets/*, methods: [GET]}]\n", "deny", "GET /pets/*", "allow: [getPet]\ndeny:\n  - GET /pets/*\n", ("took `GET /pets/*` out of `allow`",)),
        ("allow: [listPets, GET /gone/*]\n", "deny", "GET /gone/*", "allow: [listPets]\n", ("took `GET /gone/*` out of `allow`",)),
        ("allow: [listPets]\n", "deny", "GET /pets/*", "allow: [listPets]\ndeny:\n  - GET /pets/*\n", ()),
    ],
)  # fmt: skip
def test_a_group_is_edited_as_one_entry(
    document: Document, text: str, verb: str, name: str, after: str, notes: tuple[str, ...]
) -> None:
    assert edited(document, text, verb, name) == (after, notes, [])


def test_the_group_of_a_consumer_is_edited_alone(document: Document) -> None:
    editor = ListEditor(CONSUMERS, document)
    pointer = ("consumers", 0, "allow")
    editor.allow("GET /pets/*", pointer)
    editor.deny("GET /pets/*", pointer)
    editor.deny("GET /pets/*", pointer)

    assert editor.result().text == CONSUMERS
    assert editor.result().notes[-1] == "`GET /pets/*` is not in `consumers[0].allow`"
