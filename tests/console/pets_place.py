"""The pets: a gateway of four operations in a folder, for tests of the workshop."""

from pathlib import Path

from plugin_gateway.console.material import Material

MARK_KEY = b"the key of this run"

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
tags: [{name: animals}]
paths:
  /pets:
    get:
      operationId: listPets
      summary: List pets
      tags: [animals]
      parameters: [{name: limit, in: query, description: How many, schema: {type: integer}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}}}
    post:
      operationId: addPet
      summary: Add a pet
      tags: [animals]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: ok}}
  /pets/{id}:
    get:
      operationId: getPet
      summary: Find one pet
      deprecated: true
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /food:
    get: {operationId: listFood, summary: List food, responses: {"200": {description: ok}}}
components:
  schemas:
    Pet: {type: object, properties: {name: {type: string}, owner: {$ref: "#/components/schemas/Owner"}}}
    Owner: {type: object, properties: {name: {type: string}, pets: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}
"""
CONFIG = """\
openapi: openapi.yaml
upstream: {url: http://127.0.0.1:1, credential: {bearer: {value: s3cret-value}}}
allow:
  - listPets   # GET /pets
"""
LIST, ADD, GET, FOOD = range(4)
"""The numbers of the operations in the index."""


class Place:
    """A folder with gateway.yaml and its document, and the material that the workshop makes of both."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "gateway.yaml"
        self.document = folder / "openapi.yaml"
        self.document.write_text(DOCUMENT)
        self.config.write_text(CONFIG)
        self.material = Material(self.config, environ={}, mark_key=MARK_KEY)

    def write(self, text: str) -> None:
        self.config.write_text(text)
