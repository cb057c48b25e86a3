"""A profile: the served document, cut down to the limits of one kind of client."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, assert_never

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.nodes import copy_json, typed_nodes
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.publish.document import CONSEQUENTIAL, empty_responses
from plugin_gateway.publish.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.openapi.document import JsonObject

# The documented limits of ChatGPT plugins and GPT Actions.
MAX_OPERATION_TEXT = 300
MAX_PARAMETER_TEXT = 700
MAX_GPT_OPERATIONS = 30
_MOST_SHOWN = 5
_OPERATION_LIMITS = {"summary": MAX_OPERATION_TEXT, "description": MAX_OPERATION_TEXT}
_PARAMETER_LIMITS = {"description": MAX_PARAMETER_TEXT}
_LIMITS = {
    ObjectKind.OPERATION: _OPERATION_LIMITS,
    **dict.fromkeys(
        (ObjectKind.PARAMETER, ObjectKind.HEADER, ObjectKind.SCHEMA, ObjectKind.REQUEST_BODY), _PARAMETER_LIMITS
    ),
}
"""The most characters of the texts of each kind of object."""


class Profile(StrEnum):
    """Kinds of clients, by their names in `?profile=`."""

    GPT_ACTIONS = "gpt-actions"
    PLUGIN = "plugin"
    OPENAPI_3_0 = "3.0"
    LEAN = "lean"
    """For clients that put the whole document into a prompt or cannot follow recursive schemas: omits the contents of
    responses."""


class ProfiledDocument(NamedTuple):
    """A document cut to a profile. It is made when it is called, because `check` needs only the findings."""

    document: Callable[[], Document]
    findings: tuple[Finding, ...]


def cut_to_profile(served: Document, profile: Profile) -> ProfiledDocument:
    """Cut `served` down to the limits of `profile`. `served` does not change."""
    match profile:
        case Profile.OPENAPI_3_0:
            return ProfiledDocument(lambda: served, ())
        case Profile.LEAN:
            return ProfiledDocument(lambda: _without_answers(served), ())
        case Profile.PLUGIN | Profile.GPT_ACTIONS:
            return _within_limits(served, profile)
        case _:
            assert_never(profile)


def has_long_texts(root: JsonObject) -> bool:
    """Return whether the profiles `plugin` and `gpt-actions` cut a text of `root`."""
    return any(
        isinstance(text := node.get(key), str) and len(text) > limit
        for kind, node in typed_nodes(root)
        if kind in _LIMITS
        for key, limit in _LIMITS[kind].items()
    )


def _within_limits(served: Document, profile: Profile) -> ProfiledDocument:
    root: JsonObject = copy_json(served.root)
    document = Document(root=root, name=served.name)
    findings = [*_cut_texts(root, profile)]
    if profile is not Profile.GPT_ACTIONS:
        return ProfiledDocument(lambda: document, tuple(findings))
    optional: dict[str, None] = {}
    for operation in document.operations.values():
        findings += _drop_headers(document, operation.node, optional)
    if optional:
        findings.append(_left_out([*optional]))
    if len(document.operations) > MAX_GPT_OPERATIONS:
        findings.append(
            _warning(
                f"{len(document.operations)} operations are allowed, but GPT Actions accept at most {MAX_GPT_OPERATIONS}",
                "allow fewer, or run a second gateway for the rest",
            )
        )
    return ProfiledDocument(lambda: _only_reachable(document), tuple(findings))


def _only_reachable(document: Document) -> Document:
    extensions = {key for _, node in typed_nodes(document.root) for key in node if key.startswith("x-")}
    return prune(document, list(document.operations), extensions={*extensions, CONSEQUENTIAL})


def _without_answers(served: Document) -> Document:
    document = Document(root=copy_json(served.root), name=served.name)
    empty_responses(document.root)
    return _only_reachable(document)


def _cut_texts(root: JsonObject, profile: Profile) -> Iterator[Finding]:
    cut: Counter[int] = Counter()
    for kind, node in typed_nodes(root):
        for key, limit in _LIMITS[kind].items() if kind in _LIMITS else ():
            cut[limit] += _shorten(node, key, limit)
    for limit, count in sorted(cut.items()):
        if count:
            what = "operations" if limit == MAX_OPERATION_TEXT else "parameters and schemas"
            texts = f"{count} texts of {what} are" if count > 1 else f"1 text of {what} is"
            yield Finding(
                rule=f"profile-{profile}",
                message=f"{texts} cut to {limit} characters in the profile {profile}",
                hint="no change is needed: `plugin-gateway spec --profile` shows the texts",
                severity=Severity.NOTE,
            )


def _shorten(node: JsonObject, key: str, limit: int) -> bool:
    """Cut one text. Return whether it was too long."""
    text = node.get(key)
    if not isinstance(text, str) or len(text) <= limit:
        return False
    node[key] = shorten(text, limit)
    return True


def _drop_headers(document: Document, operation: JsonObject, optional: dict[str, None]) -> list[Finding]:
    """Remove header and cookie parameters: GPT Actions cannot send them and refuse documents that describe them.

    Add the names of optional ones to `optional`.
    """
    findings, kept = [], []
    for entry in operation.get("parameters") or ():
        parameter = document.resolve(entry["$ref"]).value if is_reference(ObjectKind.PARAMETER, entry) else entry
        if parameter.get("in") not in ("header", "cookie"):
            kept.append(entry)
        elif parameter.get("required") is True:
            message = f"{operation['operationId']} requires {parameter.get('name')!r} in {parameter['in']}, which GPT Actions cannot send"
            findings.append(_warning(message, "let the gateway set it, or deny the operation"))
        else:
            optional[str(parameter.get("name"))] = None
    if len(kept) < len(operation.get("parameters") or ()):
        operation["parameters"] = kept
        if not kept:
            del operation["parameters"]
    return findings


def _left_out(names: list[str]) -> Finding:
    shown = ", ".join(map(repr, names[:_MOST_SHOWN]))
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return Finding(
        rule="profile-gpt-actions",
        message=f"optional parameters in headers and cookies are left out in the profile gpt-actions: {shown}{more}",
        hint="no change is needed: GPT Actions cannot send them",
        severity=Severity.NOTE,
    )


def _warning(message: str, hint: str) -> Finding:
    return Finding(rule="profile-gpt-actions", message=message, hint=hint, severity=Severity.WARNING)
