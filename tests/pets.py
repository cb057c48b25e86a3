"""The pet shop: a document and a config for tests of the rooms that compile a part of a revision."""

from typing import Any

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.model import Revision

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: api_key, in: query, schema: {type: string}}, {name: Authorization, in: header, schema: {type: string}}]
      responses: {"200": {description: ok}}
    post: {operationId: createPet, tags: [write], responses: {"201": {description: ok}}}
    put: {operationId: putPets, tags: [write], responses: {"201": {description: ok}}}
"""
ENVIRON = {
    "KEY": "sekret-7f3a9c",
    "OTHER": "0ther-7f3a9c",
    "SHORT": "abc",
    "REDIS": "redis://:hunter2@127.0.0.1:6379/0",
    "OTHER_REDIS": "redis://:hunter3@127.0.0.2:6379/0",
}
ISSUER = "token_url: https://issuer.example/t, client_id: me, client_secret: {env: KEY}"


def compiled(credential: str = "{bearer: {env: KEY}}", allow: str = "listPets, createPet", more: str = "") -> Revision:
    text = f"openapi: x\nupstream: {{url: 'https://h', credential: {credential}}}\nallow: [{allow}]\n{more}\n"
    loaded = load_text(text, path=None, environ=ENVIRON)
    return compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml"), number=1)


def rules_of(**given: str) -> list[Any]:
    with pytest.raises(ConfigError) as caught:
        compiled(**given)
    return [(finding.rule, finding.pointer) for finding in caught.value.findings if finding.severity == "error"]
