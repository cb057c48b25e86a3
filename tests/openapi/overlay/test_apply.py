"""Applying overlays: the changed document, or findings with lines of the overlay."""

import json
from typing import Any

import pytest
from hypothesis import given

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.overlay.apply import apply
from plugin_gateway.openapi.overlay.overlay import read_overlay
from tests.octets import just, lists, objects, one_of, sampled_from, structures


def document() -> Document:
    root: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "tags": [{"name": "pets"}],
        "paths": {
            "/pets": {
                "get": {"summary": "List", "parameters": [{"name": "limit", "in": "query"}, {"name": "debug", "in": "query"}]},
                "post": {"summary": "Add"},
            },
            "/pets/mine": {"get": {}},
        },
    }  # fmt: skip
    return Document(root=root, name="openapi.yaml")


def applied(actions: str, version: str = "1.1.0") -> Document:
    text = f'overlay: {version}\ninfo: {{title: T, version: "1"}}\nactions:\n{actions}\n'
    return apply(document(), read_overlay(text.encode(), "o.yaml"))


def findings(actions: str, version: str = "1.1.0") -> list[str]:
    with pytest.raises(DocumentError) as caught:
        applied(actions, version)
    return [str(one) for one in caught.value.findings]


def test_update_merges_objects_appends_to_arrays_and_replaces_scalars() -> None:
    root = applied(
        "- {target: \"$.paths['/pets'].get\", update: {description: All pets, tags: [pets]}}\n"
        "- {target: $.tags, update: {name: toys}}\n"
        "- {target: $.tags, update: [{name: a}, {name: b}]}\n"
        "- {target: $.info.title, update: Models}"
    ).root

    assert root["paths"]["/pets"]["get"]["description"] == "All pets"
    assert root["paths"]["/pets"]["get"]["summary"] == "List"
    assert [tag["name"] for tag in root["tags"]] == ["pets", "toys", "a", "b"]
    assert root["info"]["title"] == "Models"


def test_remove_takes_values_out_of_objects_and_arrays() -> None:
    root = applied(
        "- {target: \"$.paths.*.get.parameters[?@.name=='debug']\", remove: true}\n- {target: $.tags, remove: true}"
    ).root

    assert [one["name"] for one in root["paths"]["/pets"]["get"]["parameters"]] == ["limit"]
    assert "tags" not in root


def test_copy_merges_one_value_of_the_document_even_into_a_part_of_itself() -> None:
    root = applied(
        "- {target: \"$.paths['/pets/mine'].get\", copy: \"$.paths['/pets'].get\"}\n"
        "- {target: $.info, copy: $}"
    ).root  # fmt: skip

    assert root["paths"]["/pets/mine"]["get"] == root["paths"]["/pets"]["get"]
    assert root["info"]["info"] == {"title": "Pets", "version": "1"}


def test_actions_build_on_each_other_and_the_document_stays_as_it_was() -> None:
    before = document()
    text = (
        'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions:\n'
        "- {target: $.info, update: {x-new: {}}}\n- {target: $.info.x-new, update: {a: 1}}\n"
    )

    after = apply(before, read_overlay(text.encode(), "o.yaml"))

    assert after.root["info"]["x-new"] == {"a": 1}
    assert before.root == document().root


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        (
            "- target: $.paths['/pets'].gett\n  update: {}",
            ("o.yaml:4:3: error[overlay-target]: `$.paths['/pets'].gett` matches nothing in openapi.yaml "
            "(did you mean `get`? `$.paths['/pets']` has `get`, `post`)"),
        ),
        (
            "- {target: $.tags, remove: true}\n- {target: '$.tags[0]', remove: true}",
            "o.yaml:5:4: error[overlay-target]: `$.tags[0]` matches nothing in openapi.yaml (an earlier action removed it)",
        ),
        (
            "- target: $.info\n  copy: $.paths.*",
            "o.yaml:5:3: error[overlay-target]: `$.paths.*` selects 2 values: `copy` selects exactly one",
        ),
        (
            "- target: $.info\n  copy: $.inf",
            ("o.yaml:5:3: error[overlay-target]: `$.inf` matches nothing: `copy` selects exactly one (did you mean `info`? "
            "`$` has `openapi`, `info`, `tags`, `paths`)"),
        ),
        (
            "- target: $.info.*\n  update: {}",
            ("o.yaml:5:3: error[overlay-value]: an object cannot replace the scalar at `/info/title` (write a scalar; or target "
            "the object around it and update this member)"),
        ),
        (
            "- target: $.*\n  update: x",
            "o.yaml:5:3: error[overlay-value]: `$.*` selects arrays and objects and scalars (write an action for each kind)",
        ),
        (
            "- target: $\n  update:\n    info: {title: {}}",
            ("o.yaml:6:12: error[overlay-value]: an object cannot be merged with a scalar at `/info/title` (to replace a value, "
            "remove it in an action before this one)"),
        ),
        (
            "- target: $\n  remove: true",
            "o.yaml:4:3: error[overlay-value]: the root of the document cannot be removed (target the parts that must go)",
        ),
        (
            "- target: $.paths\n  remove: true\n- target: $\n  update: {paths: []}",
            ("o.yaml:6:3: error[document-paths]: 'paths' must be a mapping, not a list (if this is a part of a document, name the "
            "file that has its `paths`)"),
        ),
        (
            "- target: $.info\n  update: {x-a: 1}\n- target: $.paths\n  update: {pets: {}}",
            "o.yaml:6:3: error[document-path]: the path 'pets' does not begin with '/' (write `/pets`)",
        ),
    ],
)  # fmt: skip
def test_an_action_that_does_not_fit_is_located_in_the_overlay(actions: str, found: str) -> None:
    assert findings(actions) == [found]


def test_scalars_are_updated_since_version_1_1_only() -> None:
    assert findings("- {target: $.info.title, update: x}", "1.0.0") == [
        ("o.yaml:4:26: error[overlay-value]: `$.info.title` selects a scalar, which Overlay 1.0 cannot update (write `overlay: 1.1.0`; or "
        "target the object around it)")
    ]  # fmt: skip


def test_one_report_has_the_mistakes_of_all_actions() -> None:
    assert len(findings("- {target: $.a, remove: true}\n- {target: $.b, remove: true}")) == 2


def test_an_added_operation_is_warned_of_with_the_path_that_it_may_mean() -> None:
    (warning,) = applied(
        "- {target: $.info, update: {x-a: 1}}\n- {target: $, update: {paths: {/petz: {get: {}}}}}"
    ).warnings

    assert str(warning) == (
        "o.yaml:5:3: warning[overlay-adds-operation]: the overlay adds `GET /petz`, which the API's own document does not have (did you "
        "mean `GET /pets`?)"
    )  # fmt: skip


def test_a_removed_operation_is_remembered_until_a_later_action_writes_it_again() -> None:
    gone = applied("- {target: \"$.paths['/pets/mine']\", remove: true}")
    again = applied(
        "- {target: \"$.paths['/pets/mine']\", remove: true}\n- {target: $.paths, update: {/pets/mine: {get: {}}}}"
    )

    assert gone.removed == {OperationKey("GET", "/pets/mine"): ""}
    assert again.removed == {}


TARGETS = sampled_from(
    ["$", "$.info", "$.info.title", "$.paths", "$.paths.*", "$.paths.*.*", "$.paths.*.get.parameters", "$.paths.*.get.parameters[0]", "$.tags", "$.tags[*]", "$.openapi", "$..name", "$.nothing", "$.paths['/pets/mine']"]
)  # fmt: skip
VALUES = sampled_from(
    [None, 1, "x", [], {}, [1], {"get": {}}, {"get": None}, {"/new": {"get": {}}}, {"new": 1}, {"paths": []}, {"$ref": "#"}, {"name": "n"}]
)  # fmt: skip
ACTIONS = one_of(
    objects({"target": TARGETS, "update": VALUES}),
    objects({"target": TARGETS, "copy": TARGETS}),
    objects({"target": TARGETS, "remove": just(True)}),
)


@given(structures(lists(ACTIONS, min_size=1, max_size=4, unique=True), 13))
def test_every_overlay_gives_a_document_or_located_findings_and_knows_every_operation_of_the_api(actions: Any) -> None:
    before = document()
    overlay = {"overlay": "1.1.0", "info": {"title": "T", "version": "1"}, "actions": actions}
    found: Any = ()
    after = before
    try:
        after = apply(before, read_overlay(json.dumps(overlay).encode(), "o.json"))
    except DocumentError as error:
        found = error.findings
    assert all(finding.location and finding.location.file == "o.json" for finding in found)
    assert {*before.operations} <= {*after.operations, *after.removed}
    assert before.root == document().root
