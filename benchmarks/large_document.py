"""A large document: as many operations as Microsoft Graph beta, with OData paths.

`python -m benchmarks.large_document FILE` writes it as JSON, or as YAML if FILE ends in `.yaml`, and prints the number of operations.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import orjson

from plugin_gateway.openapi.render import to_yaml

OPERATIONS = 22_361
_FAMILY = 40
"""Schemas refer only to schemas of their family, so that ten operations do not reach all schemas."""
_NOUNS = [
    "user",
    "group",
    "device",
    "drive",
    "site",
    "list",
    "message",
    "event",
    "calendar",
    "contact",
    "team",
    "channel",
    "chat",
    "plan",
    "task",
    "bucket",
    "application",
    "policy",
    "role",
    "assignment",
    "schedule",
    "shift",
    "report",
    "alert",
    "incident",
    "case",
    "review",
    "tag",
    "term",
    "store",
    "set",
    "item",
    "column",
    "type",
    "version",
    "permission",
    "subscription",
    "attachment",
    "extension",
    "photo",
    "section",
    "page",
    "notebook",
    "job",
    "document",
    "connector",
]
_TYPES = ("string", "boolean", "integer", "string", "string")
_ERROR = {"$ref": "#/components/responses/error"}


def large_document(operations: int = OPERATIONS, seed: int = 1) -> dict[str, Any]:
    """Generate a document. The result depends only on the arguments."""
    draw = random.Random(seed)  # not for secrets
    schemas = {f"microsoft.graph.{_camel(index)}": _schema(draw, index) for index in range(operations // 5)}
    names = list(schemas)
    paths: dict[str, Any] = {}
    count = 0
    while count < operations:
        noun, other, third = draw.choices(_NOUNS, k=3)
        index = len(paths)
        path = f"/{noun}s{index % 977}/{{{noun}-id}}/{other}s{index}/{{{other}-id}}/{third}s"
        if index % 200 == 7:
            path += "/$ref"
        methods = ("get", "post", "patch", "delete")[: min(1 + index % 4, operations - count)]
        paths[path] = {
            "description": f"Provides operations to manage the {third}s property of the microsoft.graph.{other} entity.",
            **{method: _operation(draw, method, (noun, other, third), index, names) for method in methods},
            "parameters": [_parameter(noun), _parameter(other)],
        }
        count += len(methods)
    return {
        "openapi": "3.0.4",
        "info": {"title": "A large API", "version": "beta"},
        "servers": [{"url": "https://graph.example.com/beta/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "error": {"description": "error", "content": {"application/json": {"schema": {"$ref": _ref(names[0])}}}}
            },
            "parameters": {name: _query(name) for name in ("top", "skip", "search", "filter", "count")},
        },
    }


def _operation(draw: random.Random, method: str, nouns: tuple[str, ...], index: int, names: list[str]) -> Any:
    verb = {"get": "List", "post": "Create", "patch": "Update", "delete": "Delete"}[method]
    noun, other, third = nouns
    schema = {"$ref": _ref(draw.choice(names))}
    operation: dict[str, Any] = {
        "tags": [f"{noun}s.{other}"],
        "summary": f"{verb} {third}s of {other}s",
        "description": f"{verb} the navigation property {third}s for {noun}s. It reads the properties and relationships "
        f"of the {other} object, in pages of a hundred — or as many as $top says.",
        "externalDocs": {
            "description": "Find more info here",
            "url": f"https://learn.example.com/graph/api/{other}-{method}",
        },
        "operationId": f"{noun}s{index % 977}.{other}s{index}.{verb}{third.title()}",
        "x-ms-docs-operation-type": "operation",
    }
    if method == "get":
        operation["parameters"] = [
            *({"$ref": f"#/components/parameters/{name}"} for name in ("top", "skip", "search", "filter", "count")),
            *(
                {
                    "name": name,
                    "in": "query",
                    "description": f"{name[1:].title()} properties to be returned",
                    "style": "form",
                    "explode": False,
                    "schema": {
                        "uniqueItems": True,
                        "type": "array",
                        "items": {"type": "string", "enum": [f"{n}{i}" for i in range(10) for n in (noun, other)]},
                    },
                }
                for name in ("$orderby", "$select", "$expand")
            ),
        ]
    if method in {"post", "patch"}:
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"description": f"New {third}", "content": content, "required": True}
    operation["responses"] = {
        "2XX": {"description": "Success", "content": {"application/json": {"schema": schema}}},
        "4XX": _ERROR,
        "5XX": _ERROR,
    }
    return operation


def _schema(draw: random.Random, index: int) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for number in range(15):
        noun = draw.choice(_NOUNS)
        description = (
            f"The {noun} of the resource, number {number}. Read-only, and nullable. Supports $filter (eq, ne, in)."
        )
        if number % 4 == 3 and index % _FAMILY:
            reference = {"$ref": _ref(f"microsoft.graph.{_camel(index - draw.randint(1, index % _FAMILY))}")}
            properties[f"{noun}{number}"] = {
                "anyOf": [reference, {"type": "object", "nullable": True}],
                "description": description,
            }
        else:
            properties[f"{noun}{number}"] = {"type": draw.choice(_TYPES), "description": description, "nullable": True}
    properties["@odata.type"] = {"type": "string"}
    return {"title": _camel(index), "required": ["@odata.type"], "type": "object", "properties": properties}


def _camel(index: int) -> str:
    first, second = _NOUNS[index % len(_NOUNS)], _NOUNS[index // len(_NOUNS) % len(_NOUNS)]
    return f"{first}{second.title()}{index}"


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


def _parameter(noun: str) -> dict[str, Any]:
    return {
        "name": f"{noun}-id",
        "in": "path",
        "description": f"The unique identifier of {noun}",
        "required": True,
        "schema": {"type": "string"},
    }


def _query(name: str) -> dict[str, Any]:
    return {"name": f"${name}", "in": "query", "description": f"{name.title()} items", "schema": {"type": "string"}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_document", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    options = parser.parse_args()
    document = large_document(options.operations)
    options.file.write_bytes(to_yaml(document) if options.file.suffix == ".yaml" else orjson.dumps(document))
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "post", "patch", "delete"}:
            print(method.upper(), path)


if __name__ == "__main__":
    main()
