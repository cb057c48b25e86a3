import json
from typing import Any

from plugin_gateway.cli.entry import run
from plugin_gateway.console.preview import effects_of, preview
from plugin_gateway.openapi.document import OperationKey
from tests.console.pets_place import CONFIG, Place

LIST, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")


def previewed(place: Place, *add: OperationKey, remove: tuple[OperationKey, ...] = ()) -> Any:
    answer = effects_of(preview(place.material, place.material.reading(), add, remove))
    return {"status": answer.status, **json.loads(answer.body)}


def test_a_preview_has_sizes_clients_and_the_line_that_changes(place: Place) -> None:
    members = previewed(place, ADD)

    assert (members["before"]["operations"], members["after"]["operations"]) == (1, 2)
    assert members["after"]["bytes"] > members["before"]["bytes"]
    assert members["new_for_clients"] == ["POST /pets"]
    assert members["gone_for_clients"] == []
    added = [line for line in members["diff"].splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert added == ["+  - addPet     # POST /pets"]
    assert place.config.read_text() == CONFIG


def test_a_preview_of_a_removal_shows_what_clients_lose(place: Place) -> None:
    members = previewed(place, ADD, remove=(LIST,))

    assert (members["new_for_clients"], members["gone_for_clients"]) == (["POST /pets"], ["GET /pets"])


def test_no_change_has_no_diff(place: Place) -> None:
    assert previewed(place)["diff"] == ""
    assert previewed(place, LIST)["diff"] == ""


def test_an_operation_that_the_lock_keeps_closed_is_named(place: Place) -> None:
    place.write(CONFIG + "  - tag: animals\n")
    assert run(["lock", "-c", str(place.config)]) == 0
    food = OperationKey("GET", "/food")
    text = place.document.read_text()
    place.document.write_text(text.replace("operationId: listFood,", "operationId: listFood, tags: [animals],"))

    members = previewed(place, food)
    assert members["new_for_clients"] == []
    assert any("`GET /food` stays closed" in note for note in members["notes"])
    assert not any("stays closed" in note for note in previewed(place, ADD)["notes"])


def test_only_findings_about_the_edit_are_shown(place: Place) -> None:
    assert previewed(place, ADD)["findings"] == []


def test_a_mistake_of_the_document_is_no_finding_about_the_line_of_gateway_yaml_with_its_number(place: Place) -> None:
    text = place.document.read_text()
    place.document.write_text(text.replace("\npaths:", "\nexternalDocs: {description: without a URL}\npaths:"))
    members = previewed(place, ADD)

    assert place.document.read_text().splitlines()[4].startswith("externalDocs")
    assert "@@ -2,3 +2,4 @@" in members["diff"]
    assert members["findings"] == []


def test_a_config_that_stays_refused_is_a_problem_with_its_places(place: Place) -> None:
    place.write(CONFIG + "  - noSuchPet\n")
    problem = previewed(place, ADD)

    assert problem["status"] == 422
    assert ("unknown-operation", 5) in [(one["rule"], one["line"]) for one in problem["findings"]]


def test_an_edit_may_mend_a_config_that_is_refused(place: Place) -> None:
    place.write(CONFIG.partition("allow:")[0])
    members = previewed(place, ADD)

    assert members["before"]["operations"] == 0
    assert members["after"]["operations"] == 1


def test_an_operation_that_a_group_denies_stays_closed(place: Place) -> None:
    place.write(CONFIG + "deny: [{path: /pets, methods: [POST]}]\n")
    problem = previewed(place, ADD)

    assert "allowed-and-denied" in [one["rule"] for one in problem["findings"]]


def test_a_preview_warns_of_a_hard_link_that_would_keep_the_old_text(place: Place) -> None:
    assert previewed(place, ADD)["notes"] == []
    place.config.with_name("other.yaml").hardlink_to(place.config)
    (note,) = previewed(place, ADD)["notes"]
    assert "hard link" in note
    assert previewed(place)["notes"] == []


def test_an_operation_that_the_lock_lacks_is_noted_with_the_command_that_locks_it(place: Place) -> None:
    assert run(["lock", "-c", str(place.config)]) == 0
    lock = place.config.with_name("gateway.lock").read_bytes()
    (finding,) = [one for one in previewed(place, ADD)["findings"] if one["rule"] == "not-locked"]
    assert "`POST /pets` is not in the lock" in finding["message"]
    assert "`plugin-gateway lock`" in finding["hint"]
    assert place.config.with_name("gateway.lock").read_bytes() == lock


def test_an_operation_whose_path_has_quotes_and_blanks_can_be_ticked(place: Place) -> None:
    path = """/it's a/"b c": #1"""
    text = place.document.read_text().replace("  /food:\n", f"  '{path.replace(chr(39), chr(39) * 2)}':\n")
    place.document.write_text(text.replace("operationId: listFood, ", ""))
    members = previewed(place, OperationKey("GET", path))
    assert (members["status"], members["new_for_clients"]) == (200, [f"GET {path}"])


def test_a_secret_that_a_comment_repeats_is_in_no_diff(place: Place) -> None:
    place.write(CONFIG.replace("allow:", "# It was s3cret-value before.\nallow:"))
    diff = previewed(place, ADD)["diff"]
    assert "# It was ********" in diff
    assert "s3cret" not in diff
