from plugin_gateway.console.edited import edit
from plugin_gateway.openapi.document import OperationKey
from tests.console.pets_place import CONFIG, Place

GET, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")


def test_a_tick_adds_the_line_that_allow_adds(place: Place) -> None:
    assert edit(place.material.reading(), CONFIG, [ADD], []).text == CONFIG + "  - addPet     # POST /pets\n"


def test_an_operation_without_its_own_id_is_written_by_its_method_and_path(place: Place) -> None:
    place.document.write_text(place.document.read_text().replace("listFood", "addPet"))

    assert edit(place.material.reading(), CONFIG, [ADD], []).text == CONFIG + "  - POST /pets\n"


def test_a_tick_that_is_taken_away_takes_its_line_out(place: Place) -> None:
    place.write(CONFIG + "  - addPet\n")
    reading = place.material.reading()

    assert edit(reading, reading.text, [], [GET]).text == CONFIG.replace("  - listPets   # GET /pets\n", "  - addPet\n")


def test_an_operation_that_a_group_allows_is_closed_by_deny(place: Place) -> None:
    text = CONFIG + "  - {tag: animals}\n"
    place.write(text)

    assert edit(place.material.reading(), text, [], [ADD]).text == text + "deny:\n  - addPet   # POST /pets\n"


def test_a_list_that_cannot_be_edited_is_a_finding(place: Place) -> None:
    text = CONFIG.replace("allow:\n  - listPets   # GET /pets\n", "deny: &d [listFood]\nallow: *d\n")
    place.write(text)
    edited = edit(place.material.reading(), text, [ADD], [])

    assert edited.text == text
    assert [one.rule for one in edited.findings] == ["cannot-edit"]
