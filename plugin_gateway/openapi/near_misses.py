"""A near miss: a field that OpenAPI does not have, spelled almost like one that it has. The gateway does not read it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.decode.unread import holds_mapping, sketch
from plugin_gateway.openapi.grammar import FIELDS, METHODS, ObjectKind, is_extension
from plugin_gateway.openapi.vocabulary import PLAIN_FIELDS, is_known
from plugin_gateway.text.closest import NEARLY_EQUAL, closest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.openapi.document import Document, JsonObject, OperationKey

_COMMON: Final = ("info", "paths", "security", "tags", "externalDocs")
_ROOT_2_0: Final = (
    *("swagger", *_COMMON, "host", "basePath", "schemes", "consumes", "produces"),
    *("definitions", "parameters", "responses", "securityDefinitions"),
)
_ROOT_3: Final = ("openapi", *_COMMON, "servers", "webhooks", "components", "jsonSchemaDialect", "$self")
_MISSPELT_IDS: Final = frozenset(
    {
        "operationID",
        "operationid",
        "OperationId",
        "OperationID",
        "operation_id",
        "operation-id",
        "operationIds",
        "operatonId",
    }
)
"""The search knows only these, because the other fields of operations in a large document stay unread."""


@lru_cache(maxsize=1_000)
def nearest_field(kind: ObjectKind, name: str, version: str) -> str:
    """Return the field of this version that an unknown one was surely meant to be, or an empty text."""
    return _nearest(name, [one for one in (*FIELDS[kind], *PLAIN_FIELDS.get(kind, ())) if is_known(kind, one, version)])


def nearest_root_field(name: str, version: str) -> str:
    """Return the field of the document that an unknown one was surely meant to be, or an empty text."""
    return _nearest(name, _ROOT_2_0 if version == "2.0" else _ROOT_3)


def _nearest(name: str, fields: Collection[str]) -> str:
    swapped = [one for one in fields if sorted(one) == sorted(name.lower())]
    return next(iter(swapped or closest(name, fields, at_least=NEARLY_EQUAL)), "")


def find_near_misses(document: Document) -> Iterator[Finding]:
    """Warn of unknown fields of the root and of path items that are spelled almost like a known one.

    A misspelt field of a path item loses a whole operation, also for the gate: it cannot close an operation that the document
    does not name.
    """
    root_fields = _ROOT_2_0 if document.version == "2.0" else _ROOT_3
    for name in document.root:
        meant = "" if name in root_fields or is_extension(name) else nearest_root_field(name, document.version)
        if meant and meant not in document.root:
            yield Finding(
                rule="document-near-miss",
                severity=Severity.WARNING,
                message=f"{name!r} is not a field of a document, so the gateway does not read it",
                hint=f"write `{meant}`",
                pointer=(name,),
            )
    for path, path_item, name, meant in _near_misses(document):
        if meant in path_item:
            hint = f"remove it, or rename it: the path has {meant!r}, too"
        elif meant in METHODS:
            hint = f"write `{meant}`: without it, no call can reach the operation"
        else:
            hint = f"write `{meant}`"
        yield Finding(
            rule="document-near-miss",
            severity=Severity.WARNING,
            message=f"{name!r} is not a field of a path item, so the gateway does not read it",
            hint=hint,
            pointer=("paths", path, name),
        )


def hint_of_key(document: Document, key: OperationKey) -> str:
    """Say how the document writes the method of an operation that the gateway does not see because of a near miss."""
    for path, _, name, meant in _near_misses(document):
        if (meant.upper(), path) == key:
            return f"the document has it as {name!r}: write `{meant}` there"
    return ""


def hint_of_id(document: Document, operation_id: str) -> str:
    """Say where the document has an operationId that the gateway does not see because of a near miss."""
    for path, path_item, name, meant in _near_misses(document):
        if meant in METHODS and sketch(path_item, name, {"operationId"}).get("operationId") == operation_id:
            return f"the document has it below {name!r} of {path}: write `{meant}` there"
    for key, operation in document.operations.items():
        for name, value in sketch(operation.holder, operation.field, _MISSPELT_IDS).items():
            if name in _MISSPELT_IDS and value == operation_id:
                return f"`{key}` of the document has {name!r}: write `operationId` there"
    return ""


def _near_misses(document: Document) -> Iterator[tuple[str, JsonObject, str, str]]:
    """Yield each path and path item with an unknown field, and the field that was meant."""
    meant: dict[str, str] = {}
    for path, path_item in document.path_items():
        for name in path_item:
            if is_extension(name) or is_known(ObjectKind.PATH_ITEM, name, document.version):
                continue
            if name not in meant:
                meant[name] = nearest_field(ObjectKind.PATH_ITEM, name, document.version)
            if meant[name] and (meant[name] not in METHODS or holds_mapping(path_item, name)):
                yield path, path_item, name, meant[name]
