"""The contract: the API's document, and the validation of every call against it.

The application validates with the document that clients read, so the two cannot differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DOCUMENT = Path(__file__).with_name("openapi.yaml")

_METHODS = ("get", "post", "put", "patch", "delete")
_ASSERTIONS = (
    *("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"),
    *("items", "minItems", "maxItems", "default"),
)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class Mismatch(Exception):  # noqa: N818 - the caller's mistake, not an error of the program
    """The call breaks the document; `status` is 400 or 415."""

    def __init__(self, detail: str, status: int = 400) -> None:
        """Take the detail and status of the response."""
        self.detail, self.status = detail, status
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One valid call: values are typed, defaults filled in, the body decoded."""

    values: Mapping[str, Any]
    body: Any = None
    location_base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation with its validators. `key` is `METHOD /path`, with the document's path template."""

    key: str
    is_public: bool
    consumes: str
    parameters: tuple[Mapping[str, Any], ...]
    judges: Mapping[str, jsonschema_rs.Validator] = field(repr=False)

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.key.partition(" ")[2]

    def judge(
        self,
        path_values: Mapping[str, str],
        query: Iterable[tuple[str, str]],
        media_type: str,
        content: bytes,
        location_base: str = "",
    ) -> Call:
        """Return the call with typed values. Raises `Mismatch` if the call breaks the document."""
        sent: dict[str, list[str]] = {}
        for name, value in query:
            sent.setdefault(name, []).append(value)
        form = self._form(media_type, content)
        values: dict[str, Any] = {}
        body = None
        for parameter in self.parameters:
            name, where = parameter["name"], parameter["in"]
            if where == "body":
                body = self._body(media_type, content)
                continue
            raw = {"path": [path_values.get(name, "")], "query": sent.get(name, []), "formData": form.get(name, [])}[
                where
            ]
            if raw:
                values[name] = self._value(parameter, raw)
            elif parameter.get("required"):
                raise Mismatch(f"{where} parameter {name!r} is required")
            else:
                values[name] = parameter.get("default")
        return Call(values=values, body=body, location_base=location_base)

    def _body(self, media_type: str, content: bytes) -> Any:
        if media_type.partition(";")[0].strip().lower() != self.consumes:
            raise Mismatch(f"send {self.consumes}", 415)
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise Mismatch("the body is not JSON") from error
        self._assert("body", body)
        return body

    def _form(self, media_type: str, content: bytes) -> dict[str, list[Any]]:
        if not any(parameter["in"] == "formData" for parameter in self.parameters):
            return {}
        if media_type.partition(";")[0].strip().lower() != self.consumes:
            raise Mismatch(f"send {self.consumes}", 415)
        form: dict[str, list[Any]] = {}
        if self.consumes == "multipart/form-data":
            for name, value in _parts(media_type, content):
                form.setdefault(name, []).append(value)
            return form
        try:
            pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
        except ValueError as error:
            raise Mismatch("the body is not a form") from error
        for name, text in pairs:
            form.setdefault(name, []).append(text)
        return form

    def _value(self, parameter: Mapping[str, Any], raw: list[Any]) -> Any:
        name = parameter["name"]
        if parameter["type"] == "file":
            return raw[0]
        if parameter["type"] == "array":
            texts = (
                raw
                if parameter.get("collectionFormat") == "multi"
                else [part for text in raw for part in text.split(",")]
            )
            value: Any = [_typed(name, parameter["items"]["type"], text) for text in texts]
        elif len(raw) > 1:
            raise Mismatch(f"{name!r} is given more than once")
        else:
            text = raw[0].decode("utf-8", "replace") if isinstance(raw[0], bytes) else raw[0]
            value = _typed(name, parameter["type"], text)
        self._assert(name, value)
        return value

    def _assert(self, name: str, value: Any) -> None:
        error = next(self.judges[name].iter_errors(value), None)
        if error is not None:
            raise Mismatch(f"{name}: {error.message}"[:500])


def read_operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Compile every operation, the most literal paths first, so that `export` in `/orders/export` is not read as an order id."""
    definitions = {name: _nullable(schema) for name, schema in document["definitions"].items()}
    operations = []
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            node = item[method]
            parameters = tuple(
                document["parameters"][parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
                for parameter in (*item.get("parameters", ()), *node.get("parameters", ()))
            )
            operations.append(
                Operation(
                    key=f"{method.upper()} {path}",
                    is_public=node.get("security") == [],
                    consumes=node.get("consumes", document["consumes"])[0],
                    parameters=parameters,
                    judges={
                        parameter["name"]: _judge(parameter, definitions)
                        for parameter in parameters
                        if parameter.get("type") != "file"
                    },
                )
            )
    return tuple(sorted(operations, key=lambda operation: (operation.path.count("{"), -len(operation.path))))


def read_document() -> Any:
    return yaml.safe_load(DOCUMENT.read_bytes())


def _judge(parameter: Mapping[str, Any], definitions: Mapping[str, Any]) -> jsonschema_rs.Validator:
    if parameter["in"] == "body":
        return jsonschema_rs.Draft7Validator({**parameter["schema"], "definitions": definitions})
    return jsonschema_rs.Draft7Validator({key: parameter[key] for key in _ASSERTIONS if key in parameter})


def _nullable(schema: Any) -> Any:
    """Translate `x-nullable`, a Swagger 2.0 extension, to JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _nullable(value) for key, value in schema.items() if key != "x-nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("x-nullable") else plain


def _typed(name: str, kind: str, text: str) -> Any:
    if kind == "integer":
        if _INTEGER.fullmatch(text) is None:
            raise Mismatch(f"{name!r} is not a whole number")
        return int(text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise Mismatch(f"{name!r} is neither true nor false")
        return _BOOLEANS[text]
    return text


def _parts(media_type: str, content: bytes) -> Iterable[tuple[str, bytes]]:
    """Yield name and content of each part of a multipart form (RFC 7578)."""
    head = b"Content-Type: " + media_type.encode("latin-1") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + content)
    if not message.is_multipart():
        raise Mismatch("the body is not a multipart form")
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise Mismatch("a part has no name")
        value = part.get_payload(decode=True)
        if not isinstance(value, bytes):
            raise Mismatch("a part is a multipart form itself")
        yield name, value
