"""The served document: the pruned document, adapted to clients, with the gateway as its only server.

Several clients fail on a relative server URL, on fields of a path item other than methods, on references to parameters, on a
list of types, and on an operation without an id, a text or responses. This module removes all of these.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct, field

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import METHODS, ObjectKind, is_reference
from plugin_gateway.openapi.nodes import copy_json, typed_nodes
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.refs import RefError, split_pointer
from plugin_gateway.openapi.versions.upgrade import upgrade
from plugin_gateway.publish.component_names import legalise_names
from plugin_gateway.publish.empty_bodies import drop_empty_bodies
from plugin_gateway.publish.example_refs import drop_dangling_examples
from plugin_gateway.publish.held_calls import HELD, declare_held_call
from plugin_gateway.publish.nullable import spell_out_null
from plugin_gateway.publish.own_problems import declare_problems
from plugin_gateway.publish.wrong_examples import drop_wrong_examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.mend.value_check import Effort

CONSEQUENTIAL = "x-openai-isConsequential"
_FIRST_OF_ROOT = ("openapi", "jsonSchemaDialect", "info")
_LATER_IN_ROOT = ("tags", "externalDocs")
# The first fields of every operation, in this order: a reader or a model needs them first.
_FIRST_KEYS = ("operationId", "summary", "description", CONSEQUENTIAL, "tags")


class PublishedOperation(Struct, frozen=True, kw_only=True):
    """The presentation of one allowed operation: its id, and its settings from gateway.yaml."""

    operation_id: str
    description: str = ""
    summary: str = ""
    consequential: bool | None = None
    rule: OperationRule | None = None
    """The gate's rule. Parameters that it does not take are hidden. Without a rule, all parameters are shown."""

    @property
    def shown(self) -> tuple[object, ...]:
        """Everything that the served document shows of it. Two operations that are equal in this are shown alike."""
        shown = (self.operation_id, self.description, self.summary, self.consequential, self.is_held)
        rule = self.rule
        return shown if rule is None else (*shown, *rule.names)

    @property
    def is_held(self) -> bool:
        """Whether a person must approve each call."""
        return self.rule is not None and self.rule.shape is not None and self.rule.shape.needs_approval


class Presentation(Struct, frozen=True, kw_only=True):
    """Settings for every served document.

    `version` is `3.0`, `3.1` or `3.2`. `security_schemes` are the gateway's; a client needs to satisfy only one of them.
    `statuses` are the error statuses that the gateway itself may return for every operation.
    """

    public_url: str
    version: str = "3.1"
    extensions: frozenset[str] = frozenset()
    security_schemes: Mapping[str, JsonObject] = field(default_factory=dict)
    statuses: frozenset[int] = frozenset()


def build_served_document(
    pruned: Document,
    operations: Mapping[OperationKey, PublishedOperation],
    presentation: Presentation,
    *,
    has_answers: bool = True,
    effort: Effort | None = None,
) -> tuple[Document, tuple[Finding, ...]]:
    """Build the served document from `pruned`, whose operations are exactly `operations`. `pruned` does not change.

    Without `has_answers`, the API's responses are left empty, and the schemas that only they use are left out.
    The findings are warnings: the version of OpenAPI cannot express something, or the gateway filled in or left out something.
    """
    upgraded, findings = upgrade(pruned, presentation.version)
    if not has_answers:
        # All references lead to components by now, so no reference can lead into a response.
        empty_responses(upgraded.root)
    root = _present_root(upgraded.root, presentation)
    new_ids = _new_ids(pruned, operations)
    for path, item in _path_items(upgraded.root):
        root["paths"][path] = {
            method: _present_operation(upgraded, item, item[method], OperationKey(method.upper(), path), operations)
            for method in METHODS
            if isinstance(item.get(method), dict)
        }
        if isinstance(additional := item.get("additionalOperations"), dict):
            root["paths"][path]["additionalOperations"] = {
                method: _present_operation(upgraded, item, node, OperationKey(method.upper(), path), operations)
                for method, node in additional.items()
            }
    _present_inner(upgraded, root, new_ids)
    declare_problems(root, presentation.statuses)
    legalise_names(root)
    document = Document(root=root, name=pruned.name)
    drop_empty_bodies(document)
    kept = list(document.operations)
    served = prune(document, kept, extensions={*presentation.extensions, CONSEQUENTIAL})
    if presentation.version != "3.0":
        spell_out_null(served.root)
    wrong = (*drop_dangling_examples(served.root), *drop_wrong_examples(served.root, effort))
    return served, (*findings, *_without_texts(pruned, operations), *wrong)


def empty_responses(root: JsonObject) -> None:
    """Remove what responses hold from `root`, in place. Their descriptions stay."""
    for kind, node in typed_nodes(root):
        if kind is ObjectKind.RESPONSE:
            for key in ("content", "headers", "links"):
                node.pop(key, None)


def _path_items(root: JsonObject) -> list[tuple[str, JsonObject]]:
    return [(path, item) for path, item in (root.get("paths") or {}).items() if path.startswith("/")]


def _present_root(root: JsonObject, presentation: Presentation) -> JsonObject:
    presented: JsonObject = {key: root[key] for key in _FIRST_OF_ROOT if key in root}
    presented["servers"] = [{"url": presentation.public_url.rstrip("/")}]
    schemes = presentation.security_schemes
    if schemes:
        presented["security"] = [{name: []} for name in schemes]
    later = (key for key in root if key in _LATER_IN_ROOT or key in presentation.extensions)
    presented |= {key: root[key] for key in later}
    presented["paths"] = {}
    presented["components"] = {
        **(root.get("components") or {}),
        "securitySchemes": {name: dict(scheme) for name, scheme in schemes.items()},
    }
    return presented


def _present_operation(
    document: Document,
    item: JsonObject,
    operation: JsonObject,
    key: OperationKey,
    operations: Mapping[OperationKey, PublishedOperation],
) -> JsonObject:
    published = operations[key]
    presented = {key: value for key, value in operation.items() if key not in ("servers", "security", CONSEQUENTIAL)}
    if not presented.get("summary") and not presented.get("description"):
        presented |= {key: item[key] for key in ("summary", "description") if key in item}
    presented["operationId"] = published.operation_id
    if published.description:
        presented["description"] = published.description
    if published.summary:
        presented["summary"] = published.summary
    if not _has_text(presented):
        presented["summary"] = str(key)
    if published.is_held:
        presented["description"] = " ".join((HELD, presented.get("description") or presented.get("summary", "")))
    if published.consequential is not None:
        presented[CONSEQUENTIAL] = published.consequential
    parameters = _merge_parameters(document, item, operation, published.rule)
    presented.pop("parameters", None)
    if parameters:
        presented["parameters"] = parameters
    if not presented.get("responses"):
        presented["responses"] = {"default": {"description": "The answer of the API."}}
    if published.is_held:
        presented["responses"] = declare_held_call(document, presented["responses"])
    first = {key: presented.pop(key) for key in _FIRST_KEYS if key in presented}
    return first | presented


def _merge_parameters(
    document: Document, item: JsonObject, operation: JsonObject, rule: OperationRule | None
) -> list[Json]:
    """Merge the parameters of path item and operation; the operation's win. Drop parameters that the gate does not take."""
    merged: dict[tuple[str, str], tuple[str, Json]] = {}
    listed = [node["parameters"] for node in (item, operation) if isinstance(node.get("parameters"), list)]
    for entry in chain.from_iterable(listed):
        parameter = _follow(document, entry)
        place, name = str(parameter.get("in")), str(parameter.get("name"))
        merged[place, name.lower() if place == "header" else name] = name, _inline(document, entry)
    return [entry for (place, _), (name, entry) in merged.items() if rule is None or rule.takes(place, name)]


def _follow(document: Document, node: Json) -> JsonObject:
    for _ in range(100):  # longer chains are loops
        if not is_reference(ObjectKind.PARAMETER, node):
            break
        try:
            node = document.resolve(node["$ref"]).value
        except RefError:
            return {}
    return node if isinstance(node, dict) else {}


def _inline(document: Document, entry: Json) -> Json:
    """Replace a reference by its parameter. A broken reference stays."""
    if not is_reference(ObjectKind.PARAMETER, entry) or not (parameter := _follow(document, entry)):
        return entry
    texts = {key: entry[key] for key in ("description",) if isinstance(entry.get(key), str)}
    return {**copy_json(parameter), **texts}


def _has_text(operation: JsonObject) -> bool:
    return any(isinstance(text := operation.get(key), str) and text.strip() for key in ("summary", "description"))


def _without_texts(pruned: Document, operations: Mapping[OperationKey, PublishedOperation]) -> Iterator[Finding]:
    """Warn of each operation without a summary or description."""
    for key, operation in pruned.operations.items():
        published = operations[key]
        if not (
            published.description or published.summary or _has_text(operation.node) or _has_text(operation.path_item)
        ):
            yield Finding(
                rule="operation-without-text",
                message=f"`{key}` has no summary and no description: clients are shown {str(key)!r} as its summary",
                hint="set `description` in its entry of `allow`",
                severity=Severity.WARNING,
                pointer=("paths", key.path, key.method.lower()),
            )


def _new_ids(pruned: Document, operations: Mapping[OperationKey, PublishedOperation]) -> dict[str, str]:
    new_ids: dict[str, str] = {}
    for key, operation in pruned.operations.items():
        if operation.operation_id:
            new_ids.setdefault(operation.operation_id, operations[key].operation_id)
    return new_ids


def _present_inner(document: Document, root: JsonObject, new_ids: Mapping[str, str]) -> None:
    """Rename operation ids in links, remove the API's servers and security, and leave each object only one kind of example."""
    for kind, node in typed_nodes(root):
        if kind in (ObjectKind.OPERATION, ObjectKind.PATH_ITEM) and isinstance(
            parameters := node.get("parameters"), list
        ):
            node["parameters"] = [_inline(document, entry) for entry in parameters]
    served = {id(node) for _, item in _path_items(root) for node in _operation_nodes(item)}
    taken = {node["operationId"] for _, item in _path_items(root) for node in _operation_nodes(item)}
    for kind, node in typed_nodes(root):
        match kind:
            case ObjectKind.LINK:
                node.pop("server", None)
                if isinstance(name := node.get("operationId"), str) and name in new_ids:
                    node["operationId"] = new_ids[name]
            case ObjectKind.PATH_ITEM:
                node.pop("servers", None)
            case ObjectKind.OPERATION if id(node) not in served:
                # In a callback the client is the server, so the gateway's server and security do not apply.
                for key in ("servers", "security"):
                    node.pop(key, None)
                if isinstance(name := node.get("operationId"), str) and name not in taken:
                    taken.add(name)
                else:
                    node.pop("operationId", None)
            case ObjectKind.PARAMETER | ObjectKind.HEADER | ObjectKind.MEDIA_TYPE if (
                "example" in node and "examples" in node
            ):
                # An object may have `example` or `examples`, not both.
                example = node.pop("example")
                if isinstance(node["examples"], dict):
                    node["examples"].setdefault("example", {"value": example})
            case ObjectKind.SCHEMA:
                if isinstance(node.get("$recursiveAnchor"), bool):
                    # A keyword of JSON Schema 2019-09. 2020-12 has no such keyword, and its metaschema refuses it.
                    del node["$recursiveAnchor"]
                _define_schema(root, node.get("$ref"))
            case ObjectKind.DISCRIMINATOR if isinstance(mapping := node.get("mapping"), dict):
                for target in mapping.values():
                    _define_schema(root, target)
            case _:
                pass


def _define_schema(root: JsonObject, ref: Json) -> None:
    """Define an undefined schema that a reference names: clients fail on broken references."""
    tokens = split_pointer(unquote(ref[1:])) if isinstance(ref, str) and ref.startswith("#/") else ()
    if len(tokens) == 3 and tokens[:2] == ("components", "schemas"):
        root["components"].setdefault("schemas", {}).setdefault(tokens[2], {"description": "Anything."})


def _operation_nodes(item: JsonObject) -> list[JsonObject]:
    additional = item.get("additionalOperations") or {}
    return [*(node for key, node in item.items() if key in METHODS), *additional.values()]
