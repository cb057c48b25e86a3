"""The document of the tests of observations."""

from pathlib import Path

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.read.source import read_document

OPENAPI = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "https://pets.test/v1"}]
components:
  schemas:
    Pet:
      type: object
      properties:
        id: {type: integer}
        name: {type: string}
        owner: {type: object, properties: {login: {type: string}}}
        mother: {$ref: "#/components/schemas/Pet"}
        tags: {type: object, additionalProperties: {type: string}, example: {alice: x}}
  parameters:
    Trace: {name: X-Tenant, in: header, schema: {type: string}}
paths:
  /pets:
    parameters: [{$ref: "#/components/parameters/Trace"}]
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: debug, in: query, schema: {type: boolean}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
        - {name: needed, in: query, required: true, schema: {type: string}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /pets/mine: {get: {operationId: myPets, responses: {}}}
  /pets/{petId}:
    get:
      operationId: getPet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
    delete:
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {}
"""


def document(folder: Path) -> Document:
    (folder / "openapi.yaml").write_text(OPENAPI)
    return read_document(str(folder / "openapi.yaml"))
