"""Pruning as tables: what goes in, and exactly what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.broken import BrokenReferencesError
from plugin_gateway.openapi.prune.pruned import prune, prune_alone
from tests.openapi.prune.made import document_of, left_of, schema_left

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Finding


def _refused(text: str, *operations: str, version: str = "3.0.3") -> tuple[Finding, ...]:
    with pytest.raises(DocumentError) as caught:
        left_of(text, *operations, version=version)
    return caught.value.findings


DENIED_SCHEMA = "#/paths/~1denied~1x/get/responses/200/content/a~1b/schema"


def test_nothing_kept_leaves_an_empty_document() -> None:
    assert left_of(
        """
        servers: [{url: https://e.x}]
        security: [{key: []}]
        tags: [{name: a}]
        webhooks: {w: {post: {}}}
        x-groups: [/denied]
        paths: {/a: {get: {tags: [a], responses: {}}}, x-p: 1}
        components: {schemas: {A: {}}, securitySchemes: {key: {type: http, scheme: basic}}}
        """
    ) == {"servers": [{"url": "https://e.x"}], "paths": {}}


def test_a_document_without_paths_gets_empty_ones() -> None:
    assert left_of("webhooks: {w: {post: {}}}", version="3.1.0") == {"paths": {}}


def test_an_operation_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        prune(document_of("paths: {}"), [OperationKey("GET", "/a")])


def test_unknown_fields_of_the_root_are_left_out() -> None:
    root = left_of(
        "{paths: {/a: {get: {}}}, definitions: {A: {}}, responses: {A: {}}, schemas: {A: {}}, components: {x-a: {}, odd: {}}, internal: /denied, externalDocs: {url: u, x-y: 1}}",
        "GET /a",
    )
    assert root == {"paths": {"/a": {"get": {}}}, "externalDocs": {"url": "u"}}


# Path items


def test_a_path_item_keeps_its_kept_methods_and_its_common_fields() -> None:
    text = """
    paths:
      /a/{id}:
        summary: s
        description: d
        servers: [{url: https://e.x, x-y: 1}]
        get: {operationId: g}
        parameters: [{name: id, in: path}]
        delete: {operationId: deleteIt}
        x-internal: /denied
        odd: 1
      /b: {get: {}}
    """
    assert left_of(text, "GET /a/{id}") == {
        "paths": {
            "/a/{id}": {
                "summary": "s",
                "description": "d",
                "servers": [{"url": "https://e.x"}],
                "get": {"operationId": "g"},
                "parameters": [{"name": "id", "in": "path"}],
            }
        }
    }


def test_two_paths_that_share_a_path_item_keep_each_its_own_methods() -> None:
    text = """
    paths:
      /a: {$ref: "#/components/pathItems/Shared", summary: mine}
      /b: {$ref: "#/components/pathItems/Shared"}
    components:
      pathItems: {Shared: {summary: theirs, get: {operationId: g}, post: {operationId: p}}}
    """
    assert left_of(text, "GET /a", "POST /b", version="3.1.0") == {
        "paths": {
            "/a": {"summary": "mine", "get": {"operationId": "g"}},
            "/b": {"summary": "theirs", "post": {"operationId": "p"}},
        }
    }


def test_a_path_item_that_refers_to_a_denied_path_is_written_in_place() -> None:
    text = """
    paths:
      /denied/x: {get: {parameters: [{$ref: "#/paths/~1denied~1x/get/x-p"}], x-p: {name: p, in: query}}}
      /a: {$ref: "#/paths/~1denied~1x"}
    """
    assert left_of(text, "GET /a") == {
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/Hoisted1"}]}}},
        "components": {"parameters": {"Hoisted1": {"name": "p", "in": "query"}}},
    }


def test_additional_operations_are_kept_one_by_one() -> None:
    text = (
        "paths: {/a: {query: {operationId: q}, additionalOperations: {COPY: {operationId: c}, Move: {operationId: m}}}}"
    )
    assert left_of(text, "COPY /a", version="3.2.0") == {
        "paths": {"/a": {"additionalOperations": {"COPY": {"operationId": "c"}}}}
    }
    assert left_of(text, "MOVE /a", version="3.2.0") == {
        "paths": {"/a": {"additionalOperations": {"Move": {"operationId": "m"}}}}
    }
    assert left_of(text, "QUERY /a", version="3.2.0") == {"paths": {"/a": {"query": {"operationId": "q"}}}}


def test_paths_that_differ_little_are_different_paths() -> None:
    names = ["/U/{id}", "/u/{id}", "/u/{name}", "/u/{id}/", "/ü", "/u%C3%BC"]
    document = document_of("{}")
    document.root["paths"] = {name: {"get": {}} for name in names}
    for name in names:
        assert list(prune(document, [OperationKey("GET", name)]).root["paths"]) == [name]


# Components and unknown fields


@pytest.mark.parametrize(
    ("field", "is_kept"),
    [
        ("bogus: {operation: getDeniedX}", False),
        ("bogus: [/denied/x]", False),
        ("getDeniedX: 1", False),
        ("bogus: {operation: other}", True),
        ("description: see getDeniedX", True),
    ],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_unknown_field_that_names_a_denied_operation_is_left_out(field: str, is_kept: bool, version: str) -> None:
    schema, _ = schema_left(f"{{type: string, {field}}}", version=version)
    assert (len(schema) == 2) == is_kept


def test_a_warning_names_the_place_of_each_field_left_out() -> None:
    document = document_of("""paths:
      /a: {get: {bogus: getDeniedX, responses: {}}}
      /b: {get: {operationId: getDeniedX}}""")
    (finding,) = prune(document, [OperationKey("GET", "/a")]).warnings
    assert (finding.rule, finding.pointer) == ("unknown-field", ("paths", "/a", "get", "bogus"))


def test_x_nullable_of_swagger_2_0_is_kept_because_it_decides_which_values_are_valid() -> None:
    root = {"swagger": "2.0", "info": {}, "paths": {"/a": {"get": {"parameters": [{"x-nullable": True, "x-b": 1}]}}}}
    kept = prune(Document(root=root, name="x"), [OperationKey("GET", "/a")]).root
    assert kept["paths"]["/a"]["get"]["parameters"] == [{"x-nullable": True}]


@pytest.mark.parametrize(
    ("schema", "places"),
    [
        ("{not: R}", 1),
        ("{items: R}", 1),
        ("{items: [R, R]}", 2),
        ("{additionalProperties: R, additionalItems: R}", 2),
        ("{allOf: [R], anyOf: [R], oneOf: [R], prefixItems: [R]}", 4),
        ("{if: R, then: R, else: R}", 3),
        ("{propertyNames: R, contains: R, contentSchema: R}", 3),
        ("{unevaluatedItems: R, unevaluatedProperties: R}", 2),
        (
            "{properties: {a: R}, patternProperties: {a: R}, dependentSchemas: {a: R}, $defs: {a: R}, definitions: {a: R}}",
            5,
        ),
        ("{dependencies: {a: R, b: [c]}}", 1),
        ("{properties: {$ref: R, x-a: R, enum: R, default: R}}", 4),
        ("{properties: {$ref: {properties: {$ref: R}}}}", 1),
        ("{additionalProperties: true, items: false}", 0),
        ("{default: R, example: R, enum: [R], const: R, examples: [R], unknown: R}", 0),
        ("{$ref: 5, $id: a, items: R}", 1),
    ],
)
def test_references_count_in_schemas_and_not_in_data(schema: str, places: int) -> None:
    full = schema.replace("R", '{$ref: "#/components/schemas/Found"}')
    found, components = schema_left(full, version="3.1.0", components="{schemas: {Found: {type: string}, Other: {}}}")
    assert found == yaml.safe_load(full)
    assert components == ({"schemas": {"Found": {"type": "string"}}} if places else None)


def test_components_of_every_kind_are_followed_and_stay_in_order() -> None:
    text = """
    paths:
      /a:
        post:
          parameters: [{$ref: "#/components/parameters/P1"}]
          requestBody: {$ref: "#/components/requestBodies/B1"}
          responses: {"200": {$ref: "#/components/responses/R1"}}
          callbacks: {c: {$ref: "#/components/callbacks/C1"}}
    components:
      schemas: {Z: {}, S1: {}, S2: {}, S3: {}, S4: {}, S5: {}, Unused: {$ref: "#/components/schemas/S1"}}
      examples: {E1: {value: {$ref: "#/components/schemas/Z"}}, E2: {$ref: "#/components/examples/E1"}, E3: {value: 1}}
      headers: {H1: {content: {a/b: {schema: {$ref: "#/components/schemas/S2"}}}}, H2: {$ref: "#/components/headers/H1"}, H3: {}}
      parameters:
        P1: {$ref: "#/components/parameters/P2"}
        P2: {name: p, in: query, schema: {$ref: "#/components/schemas/S1"}, examples: {e: {$ref: "#/components/examples/E2"}}}
        P3: {name: x, in: query}
      requestBodies:
        B1: {content: {m/p: {schema: {$ref: "#/components/schemas/S3"}, encoding: {f: {headers: {h: {$ref: "#/components/headers/H2"}}}}}}}
        B2: {content: {}}
      responses: {R1: {description: d, content: {x-a/b: {schema: {$ref: "#/components/schemas/S4"}}}}, R2: {description: d}}
      callbacks: {C1: {"{$url}": {post: {requestBody: {content: {a/b: {schema: {$ref: "#/components/schemas/S5"}}}}}}}, C2: {}}
      links: {L: {operationId: x}}
      securitySchemes: {k: {type: http, scheme: basic}}
    """
    components = left_of(text, "POST /a")["components"]
    assert {section: list(names) for section, names in components.items()} == {
        "schemas": ["S1", "S2", "S3", "S4", "S5"],
        "examples": ["E1", "E2"],
        "headers": ["H1", "H2"],
        "parameters": ["P1", "P2"],
        "requestBodies": ["B1"],
        "responses": ["R1"],
        "callbacks": ["C1"],
    }
    assert list(components) == [
        "schemas",
        "examples",
        "headers",
        "parameters",
        "requestBodies",
        "responses",
        "callbacks",
    ]


# Extensions


def test_extensions_go_and_names_that_look_like_them_stay() -> None:
    text = """
    paths:
      x-paths: 1
      /a:
        get:
          x-op: 1
          responses:
            x-responses: {description: n}
            "200":
              description: d
              headers: {x-rate: {schema: {x-s: 1, properties: {x-p: {x-q: 1}}}, x-h: 1}}
              content: {x-world/x-vrml: {example: {x-data: 1}, x-m: 1}}
          callbacks: {x-cb: {x-c: 1, "{$url}": {x-i: 1}}}
          externalDocs: {url: u, x-e: 1}
    servers: [{url: u, x-s: 1, variables: {x-v: {default: a, x-w: 1}}}]
    x-root: 1
    """
    assert left_of(text, "GET /a") == {
        "paths": {
            "/a": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "d",
                            "headers": {"x-rate": {"schema": {"properties": {"x-p": {}}}}},
                            "content": {"x-world/x-vrml": {"example": {"x-data": 1}}},
                        }
                    },
                    "callbacks": {"x-cb": {"{$url}": {}}},
                    "externalDocs": {"url": "u"},
                }
            }
        },
        "servers": [{"url": "u", "variables": {"x-v": {"default": "a"}}}],
    }


def test_extensions_asked_for_are_kept_as_data_and_no_others() -> None:
    text = """
    x-a: {$ref: "#/components/schemas/S"}
    x-b: 1
    paths: {x-a: 2, /a: {x-a: 3, get: {x-a: 4, x-b: 5, parameters: [{$ref: "#/components/parameters/P", x-a: 6, x-b: 7}]}}}
    components: {x-a: 8, schemas: {S: {}}, parameters: {P: {name: p, in: query, x-a: [{$ref: "#/nowhere"}]}}}
    """
    assert left_of(text, "GET /a", extensions=["x-a", "get"]) == {
        "x-a": {"$ref": "#/components/schemas/S"},
        "paths": {
            "x-a": 2,
            "/a": {"x-a": 3, "get": {"x-a": 4, "parameters": [{"$ref": "#/components/parameters/P", "x-a": 6}]}},
        },
        "components": {"parameters": {"P": {"name": "p", "in": "query", "x-a": [{"$ref": "#/nowhere"}]}}},
    }


# Security and tags


@pytest.mark.parametrize(
    ("security", "root_stays", "schemes"),
    [
        ("", True, ["root"]),
        ("security: [{mine: []}]", False, ["mine"]),
        ("security: [{mine: [a]}, {also: []}, {}]", False, ["mine", "also"]),
        ("security: []", False, []),
        ("security: [{}]", False, []),
        ("security: [{undefined: []}]", False, []),
        ("security: [{alias: []}]", False, ["alias", "mine"]),
        ("security: [{mine: []}], callbacks: {c: {u: {post: {}}}}", True, ["root", "mine"]),
        ("security: [{mine: []}], callbacks: {c: {u: {post: {security: [{also: []}]}}}}", False, ["mine", "also"]),
    ],
)
def test_only_security_schemes_that_kept_operations_need_are_kept(
    security: str, root_stays: bool, schemes: list[str]
) -> None:
    text = f"""
    security: [{{root: []}}]
    paths: {{/a: {{get: {{{security}}}, put: {{security: [{{admin: []}}]}}}}}}
    components:
      securitySchemes:
        root: {{type: http, scheme: basic, x-a: 1}}
        admin: {{type: mutualTLS}}
        alias: {{$ref: "#/components/securitySchemes/mine"}}
        mine: {{type: oauth2, flows: {{implicit: {{authorizationUrl: u, scopes: {{a: "", x-b: ""}}, x-c: 1}}}}}}
        also: {{type: apiKey, in: header, name: k}}
    """
    root = left_of(text, "GET /a", version="3.1.0")
    assert ("security" in root) is root_stays
    found = root.get("components", {}).get("securitySchemes", {})
    assert list(found) == [name for name in ["root", "admin", "alias", "mine", "also"] if name in schemes]
    assert found.get("root") in (None, {"type": "http", "scheme": "basic"})
    assert "mine" not in found or found["mine"]["flows"]["implicit"] == {
        "authorizationUrl": "u",
        "scopes": {"a": "", "x-b": ""},
    }


def test_a_scheme_named_by_uri_is_found() -> None:
    text = """
    paths: {/a: {get: {security: [{"#/components/securitySchemes/k": []}, {"#/nowhere": []}]}}}
    components: {securitySchemes: {k: {type: http, scheme: basic}, l: {type: http, scheme: basic}}}
    """
    assert list(left_of(text, "GET /a", version="3.2.0")["components"]["securitySchemes"]) == ["k"]


def test_only_used_tags_and_their_parents_are_kept() -> None:
    text = """
    tags: [{name: unused}, {name: a, parent: up, x-t: 1}, {name: up, parent: top}, {name: top, parent: a}, {name: cb}, 5]
    paths: {/a: {get: {tags: [a, undefined, 7], callbacks: {c: {u: {post: {tags: [cb]}}}}}, put: {tags: [unused]}}}
    """
    root = left_of(text, "GET /a", version="3.2.0")
    assert root["tags"] == [
        {"name": "a", "parent": "up"},
        {"name": "up", "parent": "top"},
        {"name": "top", "parent": "a"},
        {"name": "cb"},
    ]
    assert "tags" not in left_of("{tags: [{name: a}], paths: {/a: {get: {}}}}", "GET /a")


# Discriminators


PETS = """{schemas: {
  Pet: {properties: {kind: {}}, discriminator: {propertyName: kind, x-d: 1 MAPPING}},
  Cat: {allOf: [{$ref: "#/components/schemas/Pet"}]},
  Siamese: {allOf: [{$ref: "#/components/schemas/Cat"}, {properties: {a: {$ref: "#/components/schemas/Extra"}}}]},
  Dog: {allOf: [{$ref: "#/components/schemas/Pet"}]},
  Extra: {}, Other: {}}}"""


@pytest.mark.parametrize(
    ("mapping", "schema", "follow", "trim"),
    [
        ("", "Pet", ["Pet", "Cat", "Siamese", "Dog", "Extra"], ["Pet"]),
        ("", "Cat", ["Pet", "Cat", "Siamese", "Extra"], ["Pet", "Cat"]),
        ("", "Dog", ["Pet", "Dog"], ["Pet", "Dog"]),
        (", mapping: {d: Dog}", "Dog", ["Pet", "Dog"], ["Pet", "Dog"]),
        (
            ', mapping: {c: Cat, d: "#/components/schemas/Dog"}',
            "Dog",
            ["Pet", "Cat", "Siamese", "Dog", "Extra"],
            ["Pet", "Dog"],
        ),
        (", mapping: {o: Other}", "Dog", ["Pet", "Dog", "Other"], ["Pet", "Dog"]),
        (", defaultMapping: Other", "Dog", ["Pet", "Dog", "Other"], ["Pet", "Dog"]),
    ],
)
def test_a_discriminator_keeps_the_schemas_that_it_can_select_or_is_trimmed(
    mapping: str, schema: str, follow: list[str], trim: list[str]
) -> None:
    components = PETS.replace("MAPPING", mapping)
    text = f'{{$ref: "#/components/schemas/{schema}"}}'
    _, found = schema_left(text, components=components)
    assert list(found["schemas"]) == follow
    assert found["schemas"]["Pet"]["discriminator"] == yaml.safe_load(f"{{propertyName: kind{mapping}}}")
    _, found = schema_left(text, components=components, discriminator="trim")
    assert list(found["schemas"]) == trim
    kept = found["schemas"]["Pet"]["discriminator"]
    assert {str(name).removeprefix("#/components/schemas/") for name in kept.get("mapping", {}).values()} <= set(trim)
    assert "defaultMapping" not in kept
    assert kept.get("mapping") != {}


def test_a_discriminator_beside_one_of_selects_from_that_alone() -> None:
    components = """{schemas: {Pet: {oneOf: [{$ref: "#/components/schemas/Dog"}], discriminator: {propertyName: k}}, Dog: {},
      Cat: {allOf: [{$ref: "#/components/schemas/Pet"}]}}}"""
    _, found = schema_left('{$ref: "#/components/schemas/Pet"}', components=components)
    assert list(found["schemas"]) == ["Pet", "Dog"]


def test_a_mapping_into_a_denied_path_leads_to_the_hoisted_schema() -> None:
    text = f'{{discriminator: {{propertyName: k, mapping: {{x: "{DENIED_SCHEMA}"}}}}}}'
    schema, components = schema_left(text)
    assert schema["discriminator"]["mapping"] == {"x": "#/components/schemas/Hoisted1"}
    assert components["schemas"]["Hoisted1"] == {"type": "string", "title": "X"}
    schema, components = schema_left(text, discriminator="trim")
    assert (schema, components) == ({"discriminator": {"propertyName": "k"}}, None)


# Links, callbacks, webhooks


LINKS = """
paths:
  /a:
    get: {{operationId: getA, responses: {{"200": {{description: d, links: {{the: {link}}}}}}}}}
    put: {{operationId: putAdenied}}
  /s: {{$ref: "#/components/pathItems/S"}}
  /denied/x: {{get: {{operationId: getDeniedX}}}}
components:
  pathItems: {{S: {{get: {{operationId: getS}}, put: {{operationId: putS}}}}}}
  links: {{Good: {{operationId: getA, x-l: 1}}, Bad: {{operationId: getDeniedX}}, Again: {{$ref: "#/components/links/Bad"}}}}
"""


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("{operationId: getA, parameters: {a: {$ref: data}}, server: {url: u, x-s: 1}, x-l: 1}",
         {"operationId": "getA", "parameters": {"a": {"$ref": "data"}}, "server": {"url": "u"}}),
        ("{operationId: getDeniedX}", None),
        ("{operationId: putAdenied}", None),
        ("{operationId: getUnknown}", None),
        ('{operationRef: "#/paths/~1a/get"}', {"operationRef": "#/paths/~1a/get"}),
        ('{operationRef: "#/paths/~1a/put"}', None),
        ('{operationRef: "#/paths/~1denied~1x/get"}', None),
        ('{operationRef: "#/paths/~1s/get"}', {"operationRef": "#/paths/~1s/get"}),
        ('{operationRef: "#/paths/~1s/put"}', None),
        ('{operationRef: "#/components/pathItems/S/get"}', {"operationRef": "#/paths/~1s/get"}),
        ('{operationRef: "#/components/pathItems/S/put"}', None),
        ('{operationRef: "https://other.x/#/paths/~1a/get"}', None),
        ("{operationRef: /a}", None),
        ('{operationRef: "#/paths/~1a"}', None),
        ('{$ref: "#/components/links/Good"}', {"$ref": "#/components/links/Good"}),
        ('{$ref: "#/components/links/Bad"}', None),
        ('{$ref: "#/components/links/Again"}', None),
        ("{description: leads nowhere}", {"description": "leads nowhere"}),
    ],
)  # fmt: skip
def test_links_stay_when_they_lead_to_a_kept_operation(link: str, kept: dict[str, Any] | None) -> None:
    root = left_of(LINKS.format(link=link), "GET /a", "GET /s", version="3.1.0")
    response = root["paths"]["/a"]["get"]["responses"]["200"]
    assert response == ({"description": "d"} if kept is None else {"description": "d", "links": {"the": kept}})
    links = {"Good": {"operationId": "getA"}}
    assert root.get("components") == ({"links": links} if kept and "$ref" in kept else None)


def test_callbacks_are_part_of_their_operation() -> None:
    text = """
    paths:
      /a:
        post:
          callbacks:
            in: {"{$url}": {post: {operationId: same, requestBody: {content: {a/b: {schema: {$ref: "#/components/schemas/S"}}}}}}}
            item: {"{$url}": {$ref: "#/components/pathItems/I"}}
      /denied/x: {get: {operationId: same}}
    components: {schemas: {S: {}, T: {}}, pathItems: {I: {post: {x-a: 1, operationId: i}, put: {}}, J: {}}}
    """
    root = left_of(text, "POST /a", version="3.1.0")
    assert root["components"] == {"schemas": {"S": {}}, "pathItems": {"I": {"post": {"operationId": "i"}, "put": {}}}}
    assert root["paths"]["/a"]["post"]["callbacks"]["in"]["{$url}"]["post"]["operationId"] == "same"


def test_a_hoisted_path_item_of_a_3_0_callback_is_wrapped_in_a_new_callback() -> None:
    text = """
    paths: {/a: {post: {callbacks: {c: {u: {$ref: "#/paths/~1denied~1x"}}}}}, /denied/x: {post: {callbacks: {c: {u: {$ref: "#/paths/~1denied~1x"}}}}}}
    """
    reference = {"c": {"u": {"$ref": "#/components/callbacks/Hoisted1/%7B$url%7D"}}}
    assert left_of(text, "POST /a") == {
        "paths": {"/a": {"post": {"callbacks": reference}}},
        "components": {"callbacks": {"Hoisted1": {"{$url}": {"post": {"callbacks": reference}}}}},
    }


# Swagger 2.0


def test_swagger_2_keeps_its_own_shape() -> None:
    root = yaml.safe_load(
        """
        swagger: "2.0"
        info: {title: t, version: "1", contact: {x-c: 1}}
        host: e.x
        basePath: /v1
        schemes: [https]
        consumes: [application/json]
        produces: [application/json]
        parameters: {Unused: {name: u, in: query}, F: {name: f, in: formData, type: array, items: {type: string, x-i: 1}, collectionFormat: csv}}
        responses: {R: {description: r, schema: {$ref: "#/definitions/Err"}, examples: {application/json: {$ref: "#/definitions/Unused"}}}}
        definitions: {Unused: {}, Pet: {discriminator: k, properties: {k: {}}}, Cat: {allOf: [{$ref: "#/definitions/Pet"}]}, Err: {}}
        securityDefinitions: {z: {type: basic}, k: {type: oauth2, flow: implicit, scopes: {a: b}}}
        security: [{k: [a]}]
        paths:
          /a:
            post:
              parameters: [{$ref: "#/parameters/F"}, {$ref: "#/paths/~1denied~1x/get/parameters/0"}]
              responses: {"200": {description: d, schema: {$ref: "#/definitions/Pet"}, headers: {H: {$ref: "#/x-headers/H"}}}, default: {$ref: "#/responses/R"}}
          /denied/x: {get: {parameters: [{name: p, in: query, type: string}]}}
        x-headers: {H: {type: string}}
        """
    )
    pruned = prune(Document(root=root, name="api.yaml"), [OperationKey("POST", "/a")]).root
    assert pruned == {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1", "contact": {}},
        "host": "e.x",
        "basePath": "/v1",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "parameters": {
            "F": {
                "name": "f",
                "in": "formData",
                "type": "array",
                "items": {"type": "string"},
                "collectionFormat": "csv",
            },
            "Hoisted1": {"name": "p", "in": "query", "type": "string"},
        },
        "responses": {
            "R": {
                "description": "r",
                "schema": {"$ref": "#/definitions/Err"},
                "examples": {"application/json": {"$ref": "#/definitions/Unused"}},
            }
        },
        "definitions": {
            "Pet": {"discriminator": "k", "properties": {"k": {}}},
            "Cat": {"allOf": [{"$ref": "#/definitions/Pet"}]},
            "Err": {},
        },
        "securityDefinitions": {"k": {"type": "oauth2", "flow": "implicit", "scopes": {"a": "b"}}},
        "security": [{"k": ["a"]}],
        "paths": {
            "/a": {
                "post": {
                    "parameters": [{"$ref": "#/parameters/F"}, {"$ref": "#/parameters/Hoisted1"}],
                    "responses": {
                        "200": {
                            "description": "d",
                            "schema": {"$ref": "#/definitions/Pet"},
                            "headers": {"H": {"type": "string"}},
                        },
                        "default": {"$ref": "#/responses/R"},
                    },
                }
            }
        },
    }


def test_a_reference_of_an_example_or_a_link_that_leads_nowhere_is_left_out_with_a_warning() -> None:
    pruned = prune(
        document_of("""
        paths:
          /a:
            get:
              responses:
                "200":
                  description: d
                  content: {application/json: {examples: {a: {$ref: "#/components/examples/A"}, b: {$ref: "#/components/examples/B"}, c: {value: 1}, d: {$ref: "#/components/examples/D"}}}}
                  links: {l: {$ref: "#/components/links/Gone"}}
        components: {examples: {B: {$ref: "#/components/examples/Gone"}, D: {$ref: "#/components/examples/D"}}}
        """),
        [OperationKey("GET", "/a")],
    )
    (ok,) = pruned.root["paths"]["/a"]["get"]["responses"].values()
    assert ok["content"]["application/json"]["examples"] == {"c": {"value": 1}}
    assert ok["links"] == {}
    assert {(one.rule, one.severity) for one in pruned.warnings} == {("unresolved-ref", "warning")}
    assert all(one.message.endswith("is left out") for one in pruned.warnings)


# What is refused


@pytest.mark.parametrize(
    ("reference", "rule", "words"),
    [
        ("#/components/responses/Nope", "unresolved-ref", "points at nothing"),
        ("#/components/responses/Outer", "unresolved-ref", "'#/components/responses/outer'"),
        ("#nope", "unresolved-ref", "anchor"),
        ("#/components/responses/a", "unresolved-ref", "back to itself"),
        ("http://user:pass@127.0.0.1:9/evil.yaml#/X", "external-ref", "outside"),
        ("file:///etc/passwd", "external-ref", "outside"),
        ("python://os/environ", "external-ref", "outside"),
        ("other.yaml#/R", "external-ref", "outside"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_where_it_is_reached(reference: str, rule: str, words: str) -> None:
    text = f"""
    paths:
      /a: {{get: {{responses: {{"200": {{$ref: "{reference}"}}}}}}}}
      /b: {{get: {{responses: {{"200": {{description: d}}}}}}}}
    components: {{responses: {{a: {{$ref: "#/components/responses/b"}}, b: {{$ref: "#/components/responses/a"}}, outer: {{description: d}}}}}}
    """
    (finding,) = _refused(text, "GET /a", "GET /b")
    assert finding.rule == rule
    assert finding.pointer == ("paths", "/a", "get", "responses", "200", "$ref")
    assert words in f"{finding.message} {finding.hint}"
    assert "pass@" not in str(finding)
    assert list(left_of(text, "GET /b")["paths"]) == ["/b"]


@pytest.mark.parametrize(
    "reference",
    ["#", "#/paths", "#/paths/~1b", "#/paths/~1b/get", "#/paths/~1b/get/callbacks", "#/paths/~1b/get/callbacks/c",
     "#/paths/~1b/additionalOperations", "#/webhooks", "#/webhooks/w", "#/components", "#/components/schemas", "#/components/pathItems/I"],
)  # fmt: skip
def test_a_reference_to_a_schema_in_place_of_operations_is_refused(reference: str) -> None:
    text = f"""
    paths:
      /a: {{get: {{responses: {{"200": {{description: d, content: {{a/b: {{schema: {{$ref: "{reference}"}}}}}}}}}}}}}}
      /b: {{get: {{operationId: denied, callbacks: {{c: {{}}}}}}, additionalOperations: {{}}}}
    webhooks: {{w: {{}}}}
    components: {{schemas: {{}}, pathItems: {{I: {{}}}}}}
    """
    (finding,) = _refused(text, "GET /a", version="3.2.0")
    assert "is not a valid schema" in finding.message


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_a_reference_to_an_undefined_schema_stays_and_gets_one_warning(version: str) -> None:
    section = "definitions" if version == "2.0" else "components/schemas"
    ref = f"#/{section}/Peet"
    schemas = {"Pet": {"properties": {"a": {"$ref": ref}, "b": {"items": {"$ref": ref}}}}}
    sections = {"definitions": schemas} if version == "2.0" else {"components": {"schemas": schemas}}
    body = {"schema": {"$ref": f"#/{section}/Pet"}}
    response = {"description": "d", **(body if version == "2.0" else {"content": {"a/b": body}})}
    head = {"swagger": version} if version == "2.0" else {"openapi": version}
    root = {**head, "paths": {"/a": {"get": {"responses": {"200": response}}}}, **sections}
    pruned = prune(Document(root=root, name="x"), [OperationKey("GET", "/a")])
    assert pruned.root == root
    (warning,) = pruned.warnings
    assert (warning.rule, warning.severity) == ("undefined-schema", "warning")
    assert warning.pointer == (*section.split("/"), "Pet", "properties", "a", "$ref")
    assert f"#/{section}/Pet" in warning.hint


@pytest.mark.parametrize(
    "components",
    ["{}", "{schemas: {}}", "{$ref: components.yaml}", "{schemas: {$ref: schemas.yaml}}"],
)
def test_where_all_schemas_are_missing_none_is_taken_for_undefined(components: str) -> None:
    text = f"""
    paths: {{/a: {{get: {{responses: {{"200": {{description: d, content: {{a/b: {{schema: {{$ref: "#/components/schemas/A"}}}}}}}}}}}}}}}}
    components: {components}
    """
    assert [finding.rule for finding in _refused(text, "GET /a")] == ["unresolved-ref"]


def test_an_undefined_schema_in_a_mapping_stays_and_fields_beside_a_reference_are_pruned() -> None:
    components = """{schemas: {Pet: {discriminator: {propertyName: k, mapping: {cat: "#/components/schemas/Cat"}}}, Other: {}}}"""
    text = """{$ref: "#/components/schemas/Dog", x-secret: 1, properties: {p: {$ref: "#/components/schemas/Pet"}}}"""
    schema, found = schema_left(text, components=components, version="3.1.0")
    assert schema == {"$ref": "#/components/schemas/Dog", "properties": {"p": {"$ref": "#/components/schemas/Pet"}}}
    assert found["schemas"] == {
        "Pet": {"discriminator": {"propertyName": "k", "mapping": {"cat": "#/components/schemas/Cat"}}}
    }


def test_every_bad_reference_is_reported_at_once() -> None:
    text = """
    paths: {/a: {get: {parameters: [{$ref: a.yaml}, {$ref: "#/components/parameters/P"}], responses: {"200": {description: d, headers: {l: {$ref: "#/l"}}}}}}}
    components: {parameters: {P: {name: p, in: query, schema: {discriminator: {propertyName: k, mapping: {n: Nowhere}}}}}}
    """
    assert [(finding.rule, finding.pointer) for finding in _refused(text, "GET /a")] == [
        ("external-ref", ("paths", "/a", "get", "parameters", "0", "$ref")),
        ("unresolved-ref", ("paths", "/a", "get", "responses", "200", "headers", "l", "$ref")),
        ("unresolved-ref", ("components", "parameters", "P", "schema", "discriminator", "mapping", "n")),
    ]


# Size


def test_chains_cycles_and_fan_out_cost_no_stack_and_no_repetition() -> None:
    size = 1500
    schemas: dict[str, Any] = {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(size)}
    schemas |= {f"S{size}": {"$ref": "#/components/schemas/D0"}}
    schemas |= {f"D{n}": {"properties": {"next": {"$ref": f"#/components/schemas/D{n + 1}"}}} for n in range(size)}
    schemas |= {f"D{size}": {"items": {"$ref": "#/components/schemas/B0"}}}
    schemas |= {f"B{n}": {"allOf": [{"$ref": f"#/components/schemas/B{n + 1}"}] * 2} for n in range(60)}
    schemas |= {"B60": {"not": {"$ref": "#/components/schemas/D0"}}}
    document = document_of(
        'paths: {/a: {get: {responses: {"200": {description: d, content: {a/b: {schema: {$ref: "#/components/schemas/S0"}}}}}}}}'
    )
    document.root["components"] = {"schemas": {**schemas, "Unused": {}}}
    pruned = prune(document, [OperationKey("GET", "/a")])
    assert pruned.root["components"]["schemas"] == schemas


@pytest.mark.parametrize(
    ("answer", "is_alone"),
    [
        ('content: {a/b: {schema: {$ref: "#/components/schemas/A"}}}', True),
        ('content: {a/b: {schema: {$ref: "#/components/schemas/A/properties/b"}}}', False),
        ('content: {a/b: {schema: {$ref: "#/paths/~1b/get/responses/200/content/a~1b/schema"}}}', False),
        ('content: {a/b: {schema: {$dynamicRef: "#here"}}}', False),
        ("content: {a/b: {schema: {unknown: not a name}}}", False),
        ("content: {a/b: {schema: {x-unknown: /b}}}", True),
        ("links: {b: {operationId: b}}", False),
    ],
)
def test_an_operation_is_cut_out_alone_unless_its_copies_depend_on_others(answer: str, *, is_alone: bool) -> None:
    text = f"""
        paths:
          /a: {{get: {{responses: {{"200": {{description: "", {answer}}}}}}}}}
          /b: {{get: {{operationId: b, responses: {{"200": {{content: {{a/b: {{schema: {{}}}}}}}}}}}}}}
        components: {{schemas: {{A: {{properties: {{b: {{}}}}}}, B: {{$dynamicAnchor: here}}}}}}
    """
    document, kept = document_of(text, "3.1.0"), [OperationKey("GET", "/a")]
    alone = prune_alone(document, kept)

    assert (alone is not None) == is_alone
    assert alone is None or alone.root == prune(document, kept).root


def test_a_trimmed_discriminator_depends_on_other_operations() -> None:
    text = """
        paths: {/a: {get: {responses: {"200": {content: {a/b: {schema: {$ref: "#/components/schemas/A"}}}}}}}}
        components: {schemas: {A: {discriminator: {propertyName: b, mapping: {b: B}}, oneOf: [{$ref: "#/components/schemas/B"}]}, B: {}}}
    """
    document, kept = document_of(text), [OperationKey("GET", "/a")]
    assert prune_alone(document, kept) is not None
    assert prune_alone(document, kept, discriminator="trim") is None


def test_the_error_of_a_broken_reference_has_the_rest_of_the_pruned_document() -> None:
    text = """
        paths:
          /a: {get: {parameters: [{$ref: "#/components/parameters/Gone"}, {$ref: "#/components/parameters/Q"}]}}
          /b: {get: {}}
        components: {parameters: {Q: {name: q, in: query}, R: {name: r, in: query}}}
    """
    with pytest.raises(BrokenReferencesError) as caught:
        prune(document_of(text), [OperationKey("GET", "/a")])
    assert [*caught.value.cut.root["paths"]] == ["/a"]
    assert caught.value.cut.root["components"] == {"parameters": {"Q": {"name": "q", "in": "query"}}}
