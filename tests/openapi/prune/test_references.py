"""References as tables: where they lead in the full document, and how the pruned one writes them."""

from __future__ import annotations

import pytest

from plugin_gateway.errors import DocumentError
from tests.openapi.prune.made import left_of, schema_left

DENIED_SCHEMA = "#/paths/~1denied~1x/get/responses/200/content/a~1b/schema"


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ("#/components/schemas/a.b-c_d", ["a.b-c_d"]),
        ("#/components/schemas/With%20Space", ["With Space"]),
        ("#/components/schemas/S~1lash~0t", ["S/lash~t"]),
        ("#/components/schemas/Pct%25", ["Pct%"]),
        ("#/components/schemas/%C3%A9", ["é"]),
        ("#/components/schemas/é", ["é"]),
    ],
)
def test_a_reference_keeps_its_text_and_the_component_it_leads_to(reference: str, kept: list[str]) -> None:
    components = """{schemas: {Unused: {}, a.b-c_d: {}, With Space: {}, S/lash~t: {}, Pct%: {}, é: {}}}"""
    schema, found = schema_left(f'{{$ref: "{reference}"}}', components=components)
    assert schema == {"$ref": reference}
    assert list(found["schemas"]) == kept


def test_an_object_under_a_denied_path_becomes_one_component() -> None:
    text = f"""{{anyOf: [{{$ref: "{DENIED_SCHEMA}"}}, {{$ref: "{DENIED_SCHEMA}"}}]}}"""
    schema, components = schema_left(text, components="{schemas: {Hoisted1: {}, Z: {}}}")
    assert schema == {"anyOf": [{"$ref": "#/components/schemas/Hoisted2"}] * 2}
    assert components == {"schemas": {"Hoisted2": {"type": "string", "title": "X"}}}


@pytest.mark.parametrize(
    ("reference", "rest"),
    [
        ("#/x-area/S", "x-area: {S: {type: string}}"),
        ("#/definitions/S", "definitions: {S: {type: string}}"),
        (
            "#/webhooks/w/post/requestBody/content/a~1b/schema",
            "webhooks: {w: {post: {requestBody: {content: {a/b: {schema: {type: string}}}}}}}",
        ),
        ("#/components/x-area/S", "components: {x-area: {S: {type: string}}}"),
        ("#/components/schemas/A/x-area", "components: {schemas: {A: {x-area: {type: string}}}}"),
        ("#/components/schemas/A/default", "components: {schemas: {A: {default: {type: string}}}}"),
        ("#/components/examples/E/value", "components: {examples: {E: {value: {type: string}}}}"),
        ("#/components/pathItems/I/get/x-s", "components: {pathItems: {I: {get: {x-s: {type: string}}}}}"),
        (
            "#/components/pathItems/I/get/responses/200/schema",
            'components: {pathItems: {I: {get: {responses: {"200": {schema: {type: string}}}}}}}',
        ),
        ("#/components/responses/R/x-a/b", "components: {responses: {R: {description: d, x-a: {b: {type: string}}}}}"),
    ],
)
def test_an_object_without_a_place_in_the_pruned_document_becomes_a_component(reference: str, rest: str) -> None:
    schema, components = schema_left(f'{{$ref: "{reference}"}}', version="3.1.0", rest=rest, components="{}")
    assert schema == {"$ref": "#/components/schemas/Hoisted1"}
    assert components == {"schemas": {"Hoisted1": {"type": "string"}}}


def test_references_into_kept_operations_stay_and_into_their_denied_neighbours_do_not() -> None:
    text = """
    paths:
      /a:
        parameters: [{name: q, in: query}]
        get: {parameters: [{name: p, in: query}], responses: {x-s: {}, "200": {description: d, content: {a/b: {schema: {}}}}}}
        put: {parameters: [{name: hidden, in: query}]}
      /b:
        get:
          parameters: [{$ref: "#/paths/~1a/get/parameters/0"}, {$ref: "#/paths/~1a/parameters/0"}, {$ref: "#/paths/~1a/put/parameters/0"}]
          responses: {"200": {$ref: "#/paths/~1a/get/responses/200"}}
    """
    root = left_of(text, "GET /b", "GET /a")
    assert root["paths"]["/b"]["get"] == {
        "parameters": [
            {"$ref": "#/paths/~1a/get/parameters/0"},
            {"$ref": "#/paths/~1a/parameters/0"},
            {"$ref": "#/components/parameters/Hoisted1"},
        ],
        "responses": {"200": {"$ref": "#/paths/~1a/get/responses/200"}},
    }
    assert root["components"] == {"parameters": {"Hoisted1": {"name": "hidden", "in": "query"}}}


def test_a_pointer_that_steps_through_references_is_straightened() -> None:
    components = """{schemas: {A: {$ref: "#/components/schemas/B"}, B: {properties: {c: {$ref: "#/components/schemas/C"}}},
      C: {properties: {d: {type: string}}}, D: {}}}"""
    schema, found = schema_left('{$ref: "#/components/schemas/A/properties/c/properties/d"}', components=components)
    assert schema == {"$ref": "#/components/schemas/C/properties/d"}
    assert list(found["schemas"]) == ["C"]


@pytest.mark.parametrize("word", ["$defs", "definitions"])
def test_a_schema_may_refer_to_its_own_definitions_as_if_it_were_the_document(word: str) -> None:
    """Generators write that, and authors paste it into a document."""
    schema, _ = schema_left(f'{{{word}: {{A: {{}}, B: {{}}}}, items: {{properties: {{a: {{$ref: "#/{word}/A"}}}}}}}}')
    place = "/paths/~1a/get/responses/200/content/a~1b/schema"
    assert schema["items"]["properties"]["a"] == {"$ref": f"#{place}/{word}/A"}


def test_the_references_of_a_hoisted_object_are_kept_too() -> None:
    rest = """
        x-area:
          a: {properties: {b: {$ref: "#/x-area/b"}, me: {$ref: "#/x-area/a"}, c: {$ref: "#/components/schemas/C"}}}
          b: {items: {$ref: "#/x-area/a"}, x-secret: 1}
    """
    schema, components = schema_left('{$ref: "#/x-area/a"}', components="{schemas: {C: {}, D: {}}}", rest=rest)
    assert schema == {"$ref": "#/components/schemas/Hoisted1"}
    assert components == {
        "schemas": {
            "C": {},
            "Hoisted1": {
                "properties": {
                    "b": {"$ref": "#/components/schemas/Hoisted2"},
                    "me": {"$ref": "#/components/schemas/Hoisted1"},
                    "c": {"$ref": "#/components/schemas/C"},
                }
            },
            "Hoisted2": {"items": {"$ref": "#/components/schemas/Hoisted1"}},
        }
    }


def test_a_component_that_is_referred_to_as_another_kind_keeps_its_kind() -> None:
    components = """{schemas: {S: {type: string}, U: {}}, parameters: {
      P: {name: p, in: query, schema: {$ref: "#/components/schemas/S"}}, Q: {name: q, in: query}}}"""
    text = f"""
    paths: {{/a: {{get: {{responses: {{"200": {{description: d, headers: {{h: {{$ref: "#/components/parameters/P"}}}}}}}}}}}}}}
    components: {components}
    """
    root = left_of(text, "GET /a")
    header = root["paths"]["/a"]["get"]["responses"]["200"]["headers"]["h"]
    assert header == {"$ref": "#/components/parameters/P"}
    assert root["components"] == {
        "schemas": {"S": {"type": "string"}},
        "parameters": {"P": {"name": "p", "in": "query", "schema": {"$ref": "#/components/schemas/S"}}},
    }


def test_a_component_that_another_kind_reads_differently_is_copied_for_it() -> None:
    """What is a schema to the one is data to the other: without extensions here, word for word there."""
    text = """
    paths: {/a: {get: {responses: {"200": {$ref: "#/components/responses/R"}, "400": {$ref: "#/components/schemas/S"}}}}}
    components:
      responses: {R: {description: d, content: {a/b: {schema: {$ref: "#/components/schemas/S"}}}}}
      schemas: {S: {not: {type: string, x-notes: n}, items: {$ref: "#/components/schemas/T"}}, T: {}, U: {}}
    """
    root = left_of(text, "GET /a")
    assert root["paths"]["/a"]["get"]["responses"]["400"] == {"$ref": "#/components/responses/Hoisted1"}
    assert root["components"]["schemas"]["S"] == {
        "not": {"type": "string"},
        "items": {"$ref": "#/components/schemas/T"},
    }
    assert root["components"]["responses"]["Hoisted1"] == {
        "not": {"type": "string", "x-notes": "n"},
        "items": {"$ref": "#/components/schemas/T"},
    }
    assert list(root["components"]["schemas"]) == ["S", "T"]


def test_a_component_that_only_another_kind_reads_keeps_nothing_for_its_own() -> None:
    text = """
    paths: {/a: {get: {responses: {"200": {$ref: "#/components/schemas/S"}}}}}
    components: {schemas: {S: {not: {x-notes: n}, items: {$ref: "#/components/schemas/T"}}, T: {description: secret}}}
    """
    assert left_of(text, "GET /a")["components"] == {
        "responses": {"Hoisted1": {"not": {"x-notes": "n"}, "items": {"$ref": "#/components/schemas/T"}}}
    }


def test_a_reference_in_data_is_text_and_where_a_schema_reference_leads_into_data_it_is_a_schema() -> None:
    text = """
    paths: {/a: {get: {responses: {"200": {description: d, content: {a/b: {
      example: {inner: {$ref: "#/components/schemas/T", x-notes: n}},
      schema: {$ref: "#/paths/~1a/get/responses/200/content/a~1b/example/inner"}}}}}}}}
    components: {schemas: {T: {}, U: {}}}
    """
    root = left_of(text, "GET /a")
    media_type = root["paths"]["/a"]["get"]["responses"]["200"]["content"]["a/b"]
    assert media_type["example"] == {"inner": {"$ref": "#/components/schemas/T", "x-notes": "n"}}
    assert media_type["schema"] == {"$ref": "#/components/schemas/Hoisted1"}
    assert root["components"]["schemas"] == {"T": {}, "Hoisted1": {"$ref": "#/components/schemas/T"}}


def test_an_object_in_a_callback_is_kept_without_the_callback() -> None:
    text = """
    paths:
      /a: {get: {responses: {"200": {$ref: "#/components/callbacks/C/{$url}/post/responses/200"}}}}
      /b: {get: {callbacks: {c: {$ref: "#/components/callbacks/C"}}, responses: {}}}
    components: {callbacks: {C: {"{$url}": {post: {operationId: tellThem, responses: {"200": {description: d}}}}}}}
    """
    assert left_of(text, "GET /a")["components"] == {"responses": {"Hoisted1": {"description": "d"}}}
    assert "callbacks" in left_of(text, "GET /a", "GET /b")["components"]


def test_a_place_in_an_additional_operation_that_a_fixed_field_hides_is_not_counted_on() -> None:
    text = """
    paths: {/a: {get: {responses: {"200": {$ref: "#/paths/~1a/additionalOperations/GET/responses/200"}}},
                 additionalOperations: {GET: {responses: {"200": {description: hidden}}}}}}
    """
    root = left_of(text, "GET /a", version="3.2.0")
    assert root["paths"]["/a"] == {"get": {"responses": {"200": {"$ref": "#/components/responses/Hoisted1"}}}}
    assert root["components"] == {"responses": {"Hoisted1": {"description": "hidden"}}}


def test_a_circle_of_references_is_refused_also_where_they_are_written_in_place() -> None:
    content = "{a/b: {$ref: '#/components/mediaTypes/M'}}"
    responses = f"{{'200': {{description: d, content: {content}}}, '400': {{description: d, content: {content}}}}}"
    text = f"""
    paths: {{/a: {{get: {{responses: {responses}}}}}}}
    components: {{mediaTypes: {{M: {{$ref: "#/components/mediaTypes/N"}}, N: {{$ref: "#/components/mediaTypes/M"}}}}}}
    """
    with pytest.raises(DocumentError, match="back to itself"):
        left_of(text, "GET /a", version="3.1.0")


def test_kinds_without_components_in_a_version_are_written_in_place() -> None:
    text = """
    paths: {/a: {get: {responses: {"200": {description: d, content: {a/b: {$ref: "#/components/mediaTypes/M"}}}}}}}
    components: {mediaTypes: {M: {$ref: "#/components/mediaTypes/N"}, N: {schema: {$ref: "#/components/schemas/S"}}}, schemas: {S: {}}}
    """
    root = left_of(text, "GET /a", version="3.1.0")
    assert root["paths"]["/a"]["get"]["responses"]["200"]["content"] == {
        "a/b": {"schema": {"$ref": "#/components/schemas/S"}}
    }
    assert list(root["components"]) == ["schemas"]
    root = left_of(text, "GET /a", version="3.2.0")
    assert {section: list(names) for section, names in root["components"].items()} == {
        "mediaTypes": ["M", "N"],
        "schemas": ["S"],
    }


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_fields_beside_a_reference_stay_if_they_cannot_hold_references(version: str) -> None:
    components = "{schemas: {S: {}, T: {}}, parameters: {P: {name: p, in: query}}}"
    schema, found = schema_left(
        '{description: d, nullable: true, $ref: "#/components/schemas/S", x-a: b, properties: {t: {$ref: "#/components/schemas/T"}}}',
        version=version,
        components=components,
    )
    if version == "3.0.3":  # siblings mean nothing there
        assert schema == {"description": "d", "nullable": True, "$ref": "#/components/schemas/S"}
        assert list(found["schemas"]) == ["S"]
    else:
        assert list(schema) == ["description", "nullable", "$ref", "properties"]
        assert list(found["schemas"]) == ["S", "T"]


def test_anchors_and_identifiers_keep_working_as_written() -> None:
    components = """{schemas: {
      List: {$defs: {item: {$anchor: it}}, items: {$ref: "#it"}},
      Res: {$id: "https://e.x/res", $defs: {x: {type: string}}, items: {$ref: "#/$defs/x"}, not: {$ref: "#"}},
      Tree: {$dynamicAnchor: node, items: {$dynamicRef: "#node"}},
      Unused: {$anchor: other}}}"""
    schema, found = schema_left(
        '{anyOf: [{$ref: "#it"}, {$ref: "https://e.x/res"}, {$ref: "res#/$defs/x"}, {$dynamicRef: "#node"}]}'.replace(
            '"res#', '"https://e.x/res#'
        ),
        version="3.1.0",
        components=components,
    )
    assert schema["anyOf"][:3] == [{"$ref": "#it"}, {"$ref": "https://e.x/res"}, {"$ref": "https://e.x/res#/$defs/x"}]
    assert list(found["schemas"]) == ["List", "Res", "Tree"]
    assert found["schemas"]["Res"]["items"] == {"$ref": "#/$defs/x"}


def test_an_anchor_under_a_denied_path_is_hoisted() -> None:
    rest = "x-area: {s: {$anchor: it, type: string}}"
    schema, components = schema_left(
        '{$ref: "#it"}',
        version="3.1.0",
        rest=rest.replace("x-area", "webhooks")
        .replace("{s: ", "{w: {post: {requestBody: {content: {a/b: {schema: ")
        .replace("string}", "string}}}}}}"),
    )
    assert schema == {"$ref": "#/components/schemas/Hoisted1"}
    assert components == {"schemas": {"Hoisted1": {"$anchor": "it", "type": "string"}}}


def test_the_documents_own_address_becomes_a_local_reference() -> None:
    text = """
    $self: https://e.x/api
    paths: {/a: {get: {responses: {"200": {$ref: "https://e.x/api#/components/responses/R"}}}}}
    components: {responses: {R: {description: d}}}
    """
    root = left_of(text, "GET /a", version="3.2.0")
    assert root["$self"] == "https://e.x/api"
    assert root["paths"]["/a"]["get"]["responses"]["200"] == {"$ref": "#/components/responses/R"}
