"""Haystack: `OpenAPIClient` of openapi-llm, from the makers of Haystack."""

import json

from client import CALL, run
from openapi_llm.client.openapi import OpenAPIClient


def load(path, _):
    return [tool["function"]["name"] for tool in OpenAPIClient.from_spec(path.read_text()).tool_definitions]


def call(_, document):
    client = OpenAPIClient.from_spec(json.dumps(document))
    return client.invoke({"name": "addBook", "arguments": CALL})


run(load, call)
