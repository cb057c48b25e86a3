import copy
from typing import Any

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.read.bundle import bundle
from plugin_gateway.openapi.read.folder import screen
from plugin_gateway.openapi.refs import RefError


class Shelf:
    """Parts in memory, all in one folder."""

    root = "root.yaml"

    def __init__(self, files: dict[str, Any]) -> None:
        self.files = copy.deepcopy(files)
        self.was_read: list[str] = []

    def find(self, base: str, reference: str) -> str:
        if reason := screen(reference):
            raise RefError(reference, reason)
        return reference.removeprefix("./")

    def read(self, part: str) -> Any:
        self.was_read.append(part)
        if part not in self.files:
            raise RefError(part, "is not there")
        if isinstance(self.files[part], DocumentError):
            raise self.files[part]
        return self.files[part]


def ref(text: str) -> dict[str, str]:
    return {"$ref": text}


def bundled(root: dict[str, Any], version: str = "3.0", /, **files: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The root after bundling with parts `a`, `b` …, and what was left."""
    root = copy.deepcopy(root)
    unread = bundle(root, version, Shelf({f"{name}.yaml": value for name, value in files.items()}))
    return root, dict(unread)


def response(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def of(*schemas: Any) -> dict[str, Any]:
    """A root whose one operation answers with these schemas."""
    return {"paths": {"/a": {"get": {"responses": {str(200 + n): response(s) for n, s in enumerate(schemas)}}}}}


def schemas_of(root: dict[str, Any]) -> list[Any]:
    return [
        answer["content"]["application/json"]["schema"] for answer in root["paths"]["/a"]["get"]["responses"].values()
    ]


def test_an_object_of_another_file_becomes_a_component_of_its_kind() -> None:
    root = {"paths": {"/a": {"get": {"parameters": [ref("a.yaml#/page")], "responses": {"200": ref("b.yaml")}}}}}

    found, unread = bundled(root, a={"page": {"name": "page", "in": "query"}}, b={"description": "ok"})

    assert found["components"] == {
        "parameters": {"page": {"name": "page", "in": "query"}},
        "responses": {"b": {"description": "ok"}},
    }
    operation = found["paths"]["/a"]["get"]
    assert operation == {
        "parameters": [ref("#/components/parameters/page")],
        "responses": {"200": ref("#/components/responses/b")},
    }
    assert unread == {}


def test_a_local_reference_in_another_file_means_that_file() -> None:
    root = {**of(ref("a.yaml#/A"), ref("#/components/schemas/B")), "components": {"schemas": {"B": {"type": "null"}}}}

    found, _ = bundled(root, a={"A": {"properties": {"b": ref("#/B")}}, "B": {"type": "string"}})

    assert schemas_of(found) == [ref("#/components/schemas/A"), ref("#/components/schemas/B")]
    assert found["components"]["schemas"] == {
        "B": {"type": "null"},
        "A": {"properties": {"b": ref("#/components/schemas/a_B")}},
        "a_B": {"type": "string"},
    }


def test_a_circle_over_files_stays_a_circle() -> None:
    found, _ = bundled(of(ref("a.yaml")), a={"properties": {"b": ref("b.yaml")}}, b={"items": ref("./a.yaml#")})

    assert found["components"]["schemas"] == {
        "a": {"properties": {"b": ref("#/components/schemas/b")}},
        "b": {"items": ref("#/components/schemas/a")},
    }


def test_references_back_into_the_root_are_local() -> None:
    root = {**of(ref("a.yaml"), ref("root.yaml#/components/schemas/B")), "components": {"schemas": {"B": {}}}}

    found, _ = bundled(root, a={"items": ref("root.yaml#/components/schemas/B")})

    assert schemas_of(found)[1] == ref("#/components/schemas/B")
    assert found["components"]["schemas"] == {"B": {}, "a": {"items": ref("#/components/schemas/B")}}


def test_a_component_that_only_names_a_file_gives_it_its_name() -> None:
    root = {**of(ref("a.yaml#/x")), "components": {"schemas": {"Pet": ref("a.yaml#/x"), "Same": ref("a.yaml#/x")}}}

    found, _ = bundled(root, a={"x": {"type": "string"}})

    assert schemas_of(found) == [ref("#/components/schemas/Pet")]
    assert found["components"]["schemas"] == {"Pet": {"type": "string"}, "Same": ref("#/components/schemas/Pet")}


def test_a_whole_section_may_be_in_another_file() -> None:
    root = {**of(ref("#/components/schemas/Pet")), "components": {"schemas": ref("a.yaml")}}

    found, _ = bundled(root, a={"Pet": ref("b.yaml"), "Tag": {"items": ref("#/Pet")}}, b={"items": ref("a.yaml#/Tag")})

    assert found["components"]["schemas"] == {
        "Pet": {"items": ref("#/components/schemas/Tag")},
        "Tag": {"items": ref("#/components/schemas/Pet")},
    }


def test_paths_in_other_files_are_put_in_place() -> None:
    found, _ = bundled(
        {"paths": ref("a.yaml")}, a={"/a": ref("b.yaml#/item")}, b={"item": {"get": ref("#/op")}, "op": {"tags": []}}
    )

    assert found == {"paths": {"/a": {"get": {"tags": []}}}}


def test_a_server_is_relative_to_the_file_it_is_written_in() -> None:
    class Site(Shelf):
        root = "https://api.test/spec/root.yaml"

        def find(self, base: str, reference: str) -> str:
            return super().find(base, reference).join(["https://api.test/spec/paths/", ""])

    urls = ("../v2", "/v3", "https://b.test", "{scheme}://c.test", "")
    item = {"servers": [{"url": url} for url in urls], "get": {"servers": [{"url": "v4"}]}}
    root: dict[str, Any] = {"servers": [{"url": "v1"}], "paths": {"/a": ref("a.yaml")}}
    assert bundle(root, "3.0", Site({"https://api.test/spec/paths/a.yaml": item})) == {}
    assert root["servers"] == [{"url": "v1"}]
    assert [one["url"] for one in root["paths"]["/a"]["servers"]] == [
        "https://api.test/spec/v2",
        "https://api.test/v3",
        "https://b.test",
        "{scheme}://c.test",
        "",
    ]
    assert root["paths"]["/a"]["get"]["servers"] == [{"url": "https://api.test/spec/paths/v4"}]


def test_fields_beside_a_path_items_reference_win_and_mean_their_own_file() -> None:
    item = {"$ref": "a.yaml", "parameters": [ref("b.yaml#/mine")]}

    found, _ = bundled(
        {"paths": {"/a": item}},
        a={"get": {"parameters": [ref("#/parameters/0")]}, "parameters": [{"name": "theirs"}]},
        b={"mine": {"name": "mine"}},
    )

    names = found["components"]["parameters"]
    assert found["paths"]["/a"]["parameters"] == [ref("#/components/parameters/mine")]
    assert found["paths"]["/a"]["get"]["parameters"] == [ref("#/components/parameters/0")]
    assert names == {"mine": {"name": "mine"}, "0": {"name": "theirs"}}


def test_two_paths_may_share_a_path_item() -> None:
    found, _ = bundled(
        {"paths": {"/a": ref("a.yaml"), "/b": ref("a.yaml")}}, a={"get": {"requestBody": ref("b.yaml")}}, b={}
    )

    assert found["paths"]["/a"] == found["paths"]["/b"] == {"get": {"requestBody": ref("#/components/requestBodies/b")}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://127.0.0.1:9/evil.yaml#/X", "another place"),
        ("file:///etc/passwd", "another place"),
        ("python://os/environ", "another place"),
        ("/etc/passwd", "absolute path"),
        ("http://[::1/x#y", "another place"),
        ("nope.yaml", "is not there"),
        ("a.yaml#/nope", "points at nothing"),
        ("a.yaml#/text", "is not a valid schema"),
    ],
)
def test_a_reference_that_cannot_be_read_stays_with_a_reason(text: str, reason: str) -> None:
    found, unread = bundled(of(ref(text)), a={"text": "x"})

    assert schemas_of(found) == [ref(text)]
    assert reason in unread[text]


def test_a_missing_place_in_another_file_is_not_looked_for_in_the_root() -> None:
    root = {**of(ref("a.yaml")), "components": {"schemas": {"B": {"description": "the root's own"}}}}

    found, unread = bundled(root, a={"items": ref("#/components/schemas/B")})

    assert found["components"]["schemas"]["a"] == {"items": ref("a.yaml#/components/schemas/B")}
    assert unread == {"a.yaml#/components/schemas/B": "points at nothing"}


def test_data_is_left_alone_unless_it_only_names_a_file() -> None:
    schema = {
        "example": {"$ref": "#/not/one", "x": ref("nope.yaml")},
        "default": ref("a.yaml#/text"),
        "properties": {"$ref": {"type": "string"}},
        "enum": [{"$ref": "a.yaml", "other": 1}],
        "x-code": ref("a.yaml"),
        "not": {"default": ref("")},
    }

    found, _ = bundled(of(schema, ref("a.yaml#/A")), a={"A": {}, "text": "here"})

    assert schemas_of(found)[0] == {**schema, "default": "here"}


def test_a_file_that_only_data_names_may_be_anything() -> None:
    refused = DocumentError([])

    found, _ = bundled(of({"example": ref("a.yaml")}), a=refused)

    assert schemas_of(found) == [{"example": ref("a.yaml")}]


def test_a_file_that_an_operation_needs_must_be_readable() -> None:
    with pytest.raises(DocumentError):
        bundled(of(ref("a.yaml")), a=DocumentError([]))


def test_a_map_may_be_in_another_file() -> None:
    found, _ = bundled(
        of({"properties": ref("a.yaml#/map")}), a={"map": {"id": ref("#/id")}, "id": {"type": "integer"}}
    )

    assert schemas_of(found) == [{"properties": {"id": ref("#/components/schemas/id")}}]


def test_an_object_that_would_contain_itself_is_refused() -> None:
    with pytest.raises(DocumentError, match="contains itself"):
        bundled(of({"properties": ref("a.yaml#/p")}), a={"p": {"x": {"properties": ref("#/p")}}})


@pytest.mark.parametrize("place", [{"get": ref("a.yaml#/x")}, ref("a.yaml#/x")])
def test_a_chain_that_never_ends_is_left(place: Any) -> None:
    _, unread = bundled({"paths": {"/a": place}}, a={"x": ref("#/y"), "y": ref("#/x")})

    assert "leads back to itself" in unread.values()


def test_a_discriminator_may_name_files() -> None:
    schema = {
        "discriminator": {
            "mapping": {"cat": "a.yaml", "dog": "Dog", "fox": "nope.yaml", "own": "#/components/schemas/Dog"}
        }
    }

    found, _ = bundled({**of(schema, ref("a.yaml")), "components": {"schemas": {"Dog": {}}}}, a={"type": "object"})

    assert schemas_of(found)[0]["discriminator"]["mapping"] == {
        "cat": "#/components/schemas/a",
        "dog": "Dog",
        "fox": "nope.yaml",
        "own": "#/components/schemas/Dog",
    }


def test_the_default_mapping_of_a_discriminator_may_be_in_a_file() -> None:
    schema = {"discriminator": {"propertyName": "kind", "defaultMapping": "a.yaml"}}

    found, _ = bundled(of(schema), "3.2", a={"type": "object"})

    assert schemas_of(found)[0]["discriminator"]["defaultMapping"] == "#/components/schemas/a"


def test_schemas_of_3_1_keep_what_stands_beside_a_reference() -> None:
    schema = {"$ref": "a.yaml", "properties": {"x": ref("b.yaml")}}

    found, _ = bundled(of(schema), "3.1", a={"type": "object"}, b=True)

    assert schemas_of(found) == [{"$ref": "#/components/schemas/a", "properties": {"x": ref("#/components/schemas/b")}}]


def test_a_name_that_a_schema_gives_itself_is_not_a_file() -> None:
    root = {
        **of(ref("https://x.test/pet"), ref("a.yaml")),
        "components": {"schemas": {"Pet": {"$id": "https://x.test/pet"}}},
    }

    found, unread = bundled(root, "3.1", a={})

    assert schemas_of(found)[0] == ref("https://x.test/pet")
    assert unread == {}


def test_anchors_of_other_files_are_followed() -> None:
    found, _ = bundled(of(ref("a.yaml#pet")), "3.1", a={"$defs": {"Pet": {"$anchor": "pet"}}})

    assert schemas_of(found) == [ref("#/components/schemas/Pet")]


def test_path_items_of_callbacks_are_components_since_3_1() -> None:
    callbacks = {"done": {"{$request.body#/url}": ref("a.yaml")}}
    root = {"paths": {"/a": {"post": {"callbacks": callbacks}}}}

    old, _ = bundled(root, "3.0", a={"post": {"tags": ["x"]}})
    new, _ = bundled(root, "3.1", a={"post": {"callbacks": callbacks}})

    assert old["paths"]["/a"]["post"]["callbacks"]["done"] == {"{$request.body#/url}": {"post": {"tags": ["x"]}}}
    assert new["paths"]["/a"]["post"]["callbacks"]["done"] == {"{$request.body#/url}": ref("#/components/pathItems/a")}


def test_swagger_2_has_its_sections_in_the_root() -> None:
    root = {"paths": {"/a": {"get": {"responses": {"200": {"schema": ref("a.yaml#/A")}}}}}}

    found, _ = bundled(root, "2.0", a={"A": {"items": ref("#/A")}})

    assert found["definitions"] == {"A": {"items": ref("#/definitions/A")}}


@pytest.mark.parametrize("components", [{}, {"components": None}, {"components": {"schemas": None}}])
def test_a_component_finds_its_place_where_none_is_written(components: dict[str, Any]) -> None:
    found, _ = bundled({**of(ref("a.yaml")), **components}, a={"type": "object"})

    assert found["components"] == {"schemas": {"a": {"type": "object"}}}


def test_names_are_legal_and_free() -> None:
    found, _ = bundled(
        of(ref("a.yaml#/x~1y%20z"), ref("a.yaml#/x_y_z"), ref("a.yaml#/x%C3%A9y_z")),
        a={"x/y z": {}, "x_y_z": {}, "xéy_z": {}},
    )

    assert list(found["components"]["schemas"]) == ["x_y_z", "a_x_y_z", "x_y_z_2"]


def test_a_file_is_not_looked_into_where_nothing_asks_for_it() -> None:
    shelf = Shelf({"a.yaml": {"A": {}, "B": ref("b.yaml")}, "b.yaml": {}})
    bundle(of(ref("a.yaml#/A")), "3.0", shelf)

    assert shelf.was_read == ["a.yaml"]


def test_a_map_or_path_item_of_the_root_is_pointed_at_from_other_files() -> None:
    shared = {"/b": {"get": {"tags": ["b"]}}}
    root = {
        "paths": {"/a": ref("a.yaml#/item"), **shared},
        "x-map": {"id": {}},
        "components": {"schemas": {"S": ref("a.yaml#/s")}},
    }

    found, _ = bundled(
        root, a={"item": {"$ref": "root.yaml#/paths/~1b", "summary": "a"}, "s": {"properties": ref("root.yaml#/x-map")}}
    )

    assert found["paths"]["/a"] == {"$ref": "#/paths/~1b", "summary": "a"}
    assert found["components"]["schemas"]["S"] == {"properties": ref("#/x-map")}


def test_a_reference_met_twice_is_rewritten_once() -> None:
    shared = ref("a.yaml#/B")

    found, _ = bundled(of(shared, shared, ref("a.yaml#/A")), a={"A": {"allOf": [ref("#/B")]}, "B": {}, "components": 1})

    assert schemas_of(found)[:2] == [ref("#/components/schemas/B")] * 2


def test_a_map_that_an_operation_needs_must_be_readable() -> None:
    with pytest.raises(DocumentError):
        bundled(of({"properties": ref("a.yaml")}), a=DocumentError([]))
