"""The served document, as frameworks that turn documents into tools read it. Each rule was found by running the client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.diagnostics import Severity
from plugin_gateway.export.endless_schema import endless_schemas, recursive_schema, reference_of
from plugin_gateway.export.platforms.rule import Breach, Platform, entry_of, rule
from plugin_gateway.export.platforms.sources import LLAMAINDEX, RUN, SEMANTIC_KERNEL
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import typed_nodes, typed_nodes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.openapi.document import Json, JsonObject, OperationKey

_LC: Final = "langchain-community 0.4.2"
_HS: Final = "openapi-llm 0.4.3"
_ADK: Final = "google-adk 2.13"

MAX_PROMPT_BYTES: Final = 100_000
_LEAN: Final = "load `/openapi.json?profile=lean`, which omits the contents of responses"
_READERS: Final = (Platform.LANGCHAIN, Platform.LLAMAINDEX, Platform.SEMANTIC_KERNEL)
_LOADED_METHODS: Final = frozenset({"GET", "PUT", "POST", "DELETE", "PATCH"})
_NOT_METHODS: Final = frozenset({"parameters", "servers", "summary", "description", "$ref"})


@rule(
    "document-server", f"{RUN} {SEMANTIC_KERNEL}, {_LC}, {_HS}, {_ADK}",
    Platform.LANGCHAIN, Platform.SEMANTIC_KERNEL, Platform.HAYSTACK, Platform.ADK,
)  # fmt: skip
def server(candidate: Candidate) -> Iterator[Breach]:
    """The document's first server is an absolute URL."""
    url = _server(candidate.document)
    if not re.match(r"https?://[^/]", url):
        yield Breach(
            message=f"a client calls `//path` or fails, because the document's server is not absolute: {url or 'none'!r}",
            hint="write `public: {url: https://plugin.example.com}`",
            pointer=("public", "url"),
        )


@rule("adk-loopback", f"{RUN} {_ADK}", Platform.ADK)
def loopback(candidate: Candidate) -> Iterator[Breach]:
    """ADK calls no server on its own machine."""
    if is_this_machine(urlsplit(_server(candidate.document)).hostname or ""):
        yield Breach(
            message="ADK refuses to call a server on its own machine",
            hint="write `public: {url: https://plugin.example.com}`",
            pointer=("public", "url"),
        )


@rule("adk-names", f"{RUN} {_ADK}, which renames operations to snake_case", Platform.ADK)
def snake_names(candidate: Candidate) -> Iterator[Breach]:
    """Names of operations differ in snake_case, too."""
    taken: dict[str, str] = {}
    for key, operation_id in _ids(candidate.document):
        other = taken.setdefault(_snake(operation_id), operation_id)
        if other != operation_id:
            yield Breach(
                message=f"ADK gives `{other}` and `{operation_id}` the same name, `{_snake(operation_id)}`",
                hint="write another `operation_id` for one of them",
                pointer=entry_of(candidate, operation_id, key.method, key.path),
            )


@rule("document-operation-text", f"{RUN} {_HS}", Platform.HAYSTACK)
def operation_text(candidate: Candidate) -> Iterator[Breach]:
    """Each operation has a summary or a description."""
    for key, operation in _document(candidate).operations.items():
        if not operation.node.get("summary") and not operation.node.get("description"):
            yield Breach(
                message=f"Haystack drops `{key}` silently, because it has neither summary nor description",
                hint="write a `description` for the entry",
                pointer=entry_of(candidate, str(operation.node.get("operationId")), key.method, key.path),
            )


@rule("document-path-items", f"{RUN} {SEMANTIC_KERNEL} and {LLAMAINDEX}", Platform.LLAMAINDEX, Platform.SEMANTIC_KERNEL)
def path_items(candidate: Candidate) -> Iterator[Breach]:
    """A path item has methods only."""
    paths = candidate.document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if isinstance(item, dict) and (extra := _NOT_METHODS & item.keys()):
            yield Breach(
                message=f"LlamaIndex and Semantic Kernel take `{min(extra)}` of {path} as a method, and fail",
                hint="report this: the gateway moves such keys into the operations",
                pointer=("openapi",),
            )


@rule(
    "document-parameters", f"{RUN} {SEMANTIC_KERNEL}; DeepLcom/openapi#7", Platform.SEMANTIC_KERNEL, Platform.PLUGIN_V1
)
def parameters(candidate: Candidate) -> Iterator[Breach]:
    """Parameters are written in their operations."""
    for key, operation in _document(candidate).operations.items():
        listed = operation.node.get("parameters")
        if isinstance(listed, list) and any(isinstance(one, dict) and "$ref" in one for one in listed):
            yield Breach(
                message=f"Semantic Kernel fails and the editor of GPTs skips `{key}`: its parameters are references",
                hint="report this: the gateway writes parameters into the operations",
                pointer=("openapi",),
            )


@rule("document-recursive", f"{RUN} {_LC}, {LLAMAINDEX}, {SEMANTIC_KERNEL}", *_READERS)
def recursive(candidate: Candidate) -> Iterator[Breach]:
    """No schema contains itself."""
    if (found := recursive_schema(candidate.document)) and not candidate.is_lean_enough(recursive_schema):
        hint = "take the operation that uses it out of `allow`, or have agents use the MCP endpoint"
        yield Breach(message=_endless(found), hint=hint, pointer=("allow",))
    elif found:
        yield Breach(message=_endless(found), hint=_LEAN, pointer=("allow",), severity=Severity.WARNING)


@rule("document-size", f"{RUN} {_LC}, {LLAMAINDEX}, {SEMANTIC_KERNEL}: they put the document into a prompt", *_READERS)
def size(candidate: Candidate) -> Iterator[Breach]:
    """The document fits into a prompt."""
    size = len(candidate.documents[""])
    if size > MAX_PROMPT_BYTES:
        lean = len(candidate.documents.get("lean", b""))
        hint = f"{_LEAN}: {lean / 1000:.0f} kB" if 0 < lean <= MAX_PROMPT_BYTES else "allow fewer operations"
        yield Breach(
            message=f"the document has {size / 1000:.0f} kB, too much for a prompt",
            hint=hint,
            pointer=("allow",),
            severity=Severity.WARNING,
        )


@rule("document-type-lists", f"{RUN} {SEMANTIC_KERNEL} and {_LC}", Platform.LANGCHAIN, Platform.SEMANTIC_KERNEL)
def type_lists(candidate: Candidate) -> Iterator[Breach]:
    """A schema has one type, as in OpenAPI 3.0."""
    count = sum(
        kind is ObjectKind.SCHEMA and isinstance(node.get("type"), list)
        for kind, node in typed_nodes(candidate.document)
    )
    if count:
        yield Breach(
            message=f"{count} schemas have a list of types, which LangChain and Semantic Kernel cannot read",
            hint='load `/openapi.json?profile=3.0`, or write `public: {openapi_version: "3.0"}`',
            pointer=("public", "openapi_version"),
            severity=Severity.WARNING,
        )


@rule("semantic-kernel-bodies", f"{RUN} {SEMANTIC_KERNEL}", Platform.SEMANTIC_KERNEL)
def form_bodies(candidate: Candidate) -> Iterator[Breach]:
    """A body can be JSON or plain text."""
    for key, operation_id, types in _bodies(candidate):
        if not any(_is_json(one) or _essence(one) == "text/plain" for one in types):
            yield Breach(
                message=f"Semantic Kernel refuses the whole document for the body of `{operation_id}`: {', '.join(types)}",
                hint="take the operation out of `allow`, or have agents use the MCP endpoint, which builds such bodies",
                pointer=entry_of(candidate, operation_id, key.method, key.path),
            )


@rule("document-methods", f"{RUN} {_LC} and {LLAMAINDEX}", Platform.LANGCHAIN, Platform.LLAMAINDEX)
def odd_methods(candidate: Candidate) -> Iterator[Breach]:
    """An operation has one of the methods that the loaders know."""
    for key, operation_id in _ids(candidate.document):
        if key.method not in _LOADED_METHODS:
            yield Breach(
                message=f"the loaders of LangChain and LlamaIndex do not know {key.method}, the method of `{operation_id}`",
                hint="take the operation out of `allow`, or have agents use the MCP endpoint",
                pointer=entry_of(candidate, operation_id, key.method, key.path),
                severity=Severity.WARNING,
            )


@rule("langchain-parameter-types", f"{RUN} {_LC}, `openapi_spec_to_openai_fn`", Platform.LANGCHAIN)
def parameter_types(candidate: Candidate) -> Iterator[Breach]:
    """The schema of a parameter has a type."""
    for key, operation in _document(candidate).operations.items():
        listed = operation.node.get("parameters")
        for one in listed if isinstance(listed, list) else ():
            schema = one.get("schema") if isinstance(one, dict) else None
            if isinstance(schema, dict) and "type" not in schema and "$ref" not in schema:
                yield Breach(
                    message=f"LangChain cannot read the parameter `{one.get('name')}` of `{key}`: its schema has no `type`",
                    hint="give it a type in the document, or have agents use the MCP endpoint",
                    pointer=entry_of(candidate, str(operation.node.get("operationId")), key.method, key.path),
                )


@rule("haystack-recursive-body", f"{RUN} {_HS}", Platform.HAYSTACK)
def recursive_bodies(candidate: Candidate) -> Iterator[Breach]:
    """No schema of a body contains itself."""
    endless = endless_schemas(candidate.document)
    for key, operation in _document(candidate).operations.items():
        body = operation.node.get("requestBody")
        reached = {name for _, node in typed_nodes_in(ObjectKind.REQUEST_BODY, body) for name in reference_of(node)}
        if reached & endless:
            yield Breach(
                message=f"Haystack follows the body of `{key}` without end, because a schema in it contains itself",
                hint="take the operation out of `allow`, or have agents use the MCP endpoint",
                pointer=entry_of(candidate, str(operation.node.get("operationId")), key.method, key.path),
            )


@rule("langchain-bodies", f"{RUN} {_LC}", Platform.LANGCHAIN)
def mixed_bodies(candidate: Candidate) -> Iterator[Breach]:
    """JSON is the only type of a body that can be JSON."""
    for key, operation_id, types in _bodies(candidate):
        others = [one for one in types if not _is_json(one)]
        if others and len(others) < len(types):
            yield Breach(
                message=f"LangChain does not see the JSON body of `{operation_id}` beside {', '.join(others)}",
                hint=f"take {', '.join(others)} out of the document with an overlay, or have agents use the MCP endpoint",
                pointer=entry_of(candidate, operation_id, key.method, key.path),
                severity=Severity.WARNING,
            )


def _endless(name: str) -> str:
    return f"the schema `{name}` contains itself; LangChain, LlamaIndex and Semantic Kernel 0.9 follow it without end"


def _document(candidate: Candidate) -> Document:
    return Document(root=candidate.document, name="served")


def _ids(root: JsonObject) -> Iterator[tuple[OperationKey, str]]:
    for key, operation in Document(root=root, name="served").operations.items():
        yield key, str(operation.node.get("operationId"))


def _bodies(candidate: Candidate) -> Iterator[tuple[OperationKey, str, list[str]]]:
    document = _document(candidate)
    for key, operation in document.operations.items():
        body = operation.node.get("requestBody")
        if isinstance(body, dict) and isinstance(ref := body.get("$ref"), str):
            body = document.resolve(ref).value
        content = body.get("content") if isinstance(body, dict) else None
        if isinstance(content, dict) and content:
            yield key, str(operation.node.get("operationId")), [*content]


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    essence = _essence(media_type)
    return essence == "application/json" or essence.endswith("+json")


def _server(root: JsonObject) -> str:
    servers: Iterable[Json] = root.get("servers") or ()
    return next((str(one.get("url") or "") for one in servers if isinstance(one, dict)), "")


def _snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


RULES: Final = (
    server, loopback, snake_names, operation_text, path_items, parameters, recursive, size, type_lists,
    form_bodies, odd_methods, parameter_types, recursive_bodies, mixed_bodies,
)  # fmt: skip
