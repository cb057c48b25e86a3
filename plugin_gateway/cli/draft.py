"""A draft: the first gateway.yaml for a document, with a few operations that look safe. A person edits it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.cli.upstream_url import is_elsewhere, upstream_url
from plugin_gateway.edit.entry import entry_of
from plugin_gateway.edit.quoting import comment, scalar
from plugin_gateway.openapi.refs import RefError, resolve
from plugin_gateway.openapi.values import as_list, as_mapping
from plugin_gateway.reports.operations import Costs, summary_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from plugin_gateway.cli.upstream_url import DraftedUrl
    from plugin_gateway.openapi.document import Document, Json, JsonObject, Operation

CHOSEN = 5
KEY_VARIABLE = "UPSTREAM_API_KEY"

# fmt: off
RISKY_STEMS = (
    "account", "admin", "apikey", "audit", "auth", "backup", "bank", "beta", "bill", "card", "config", "credential",
    "databas", "debug", "deprecat", "download", "dump", "employee", "export", "impersonat", "internal", "invoice", "key",
    "legacy", "log", "member", "migrat", "oauth", "passw", "payment", "payout", "people", "permission", "person",
    "private", "role", "salar", "secret", "session", "setting", "share", "subuser", "teammate", "test", "token", "user",
    "webhook",
    # Older APIs have GET operations with side effects.
    "archiv", "cancel", "creat", "delet", "destroy", "disabl", "disconnect", "enabl", "install", "invit", "remov",
    "reset", "restart", "revok", "send", "trigger", "uninstall", "updat", "upload",
)
# fmt: on
RISKY_WORDS = frozenset(
    {"add", "close", "end", "exec", "join", "kick", "leave", "mark", "me", "open", "post", "put", "run", "set"}
)
"""Words that keep an operation out of the draft. This is a guess for a person to review, not a protection."""

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


# Only for a gateway without callers: an API may take more than its document says, and callers may rely on that.
_VALIDATE = (
    "# `enforce` refuses a call that does not match the document, and lists every reason; `report` logs it and lets it pass.",
    "validate: {request: enforce}",
    "",
)


class ConfigDraft(NamedTuple):
    """The text of a gateway.yaml, and what its author should look at first."""

    text: str
    notes: tuple[str, ...]


def draft(
    document: Document,
    source: str,
    named: list[Operation] | None = None,
    *,
    entry_lines: Iterable[str] | None = None,
    url: str = "",
    environ: Mapping[str, str] | None = None,
) -> ConfigDraft:
    """Write the config; `source` is the value for `openapi`. It allows the `named` operations, or a few that look harmless.

    `entry_lines` are the lines of the allow-list, if they are written already; `url` is the API's, if it is known. With
    `environ`, the gateway starts at once: a credential whose variable is missing there is only a comment.
    """
    upstream = upstream_url(document)
    if url:
        upstream = upstream._replace(url=url, is_stated=True, others=())
    operations = choose_reads(document, upstream) if named is None else named
    credential, variable = credential_of(document, operations)
    title = as_mapping(document.root.get("info")).get("title")
    total = len(document.operations)
    if named is not None:
        notes = [f"{len(operations)} of {total} operations are allowed"]
    elif operations:
        notes = [f"{len(operations)} of {total} operations are allowed: reads that look harmless; review them"]
    else:
        notes = [
            f"no operation is allowed yet, because not one of {total} looks harmless: list them with `plugin-gateway ops`"
        ]
    if not upstream.is_stated:
        notes.append("the document does not say where the API is: set `upstream.url`")
    elif upstream.others:
        notes.append(f"`upstream.url` is {upstream.url}; the document also names {', '.join(upstream.others)}")
    if credential and environ is not None and variable not in environ:
        notes.append(
            f"remove the # before `credential` in the file, and start the gateway with {variable} set, before it forwards calls"
        )
        credential_line = f"  # credential: {credential}"
    elif credential:
        credential_line = f"  credential: {credential}"
        notes.append(f"export {variable}=… before you start the gateway: it reads the key from the environment")
    else:
        credential_line = "  # credential: {header: X-API-Key, value: {env: UPSTREAM_API_KEY}}"
    lines = [
        f"# plugin-gateway: lets clients use {len(operations)} of the {total} operations of {comment(title or source)}.",
        "# The gateway refuses every operation that `allow` does not list. Check this file with `plugin-gateway check`.",
        "",
        f"openapi: {scalar(source)}",
        "",
        "upstream:",
        f"  url: {scalar(upstream.url)}" + ("" if upstream.is_stated else "   # the document does not say: set it"),
        credential_line,
        "",
        "# operationId, or METHOD /path. `plugin-gateway ops [WORD]… [tag:NAME] [method:GET]` finds more operations.",
        "allow:" if operations else "allow: []",
        *(entries(document, operations) if entry_lines is None else entry_lines),
        "",
        *(_VALIDATE if entry_lines is None else ()),
        "# The URL that clients use; http://localhost:8080 by default. For another host it must be https.",
        "# public:",
        "#   url: https://plugin.example.com",
    ]
    return ConfigDraft("\n".join(lines) + "\n", tuple(notes))


def choose_reads(document: Document, upstream: DraftedUrl) -> list[Operation]:
    """Choose a few reads of `upstream` that look harmless and useful, in document order."""
    costs = Costs(document)
    operations = document.operations.values()
    # A tag of every operation is the name of the API, and does not tell a risky operation from others.
    shared = set.intersection(*(set(operation.tags) for operation in operations)) if operations else set()
    candidates = [
        operation
        for operation in operations
        if is_candidate(operation, shared) and not is_elsewhere(document, operation, upstream)
    ]
    scored = [(score(operation, costs.tokens(operation)), operation) for operation in candidates]
    best = sorted(scored, key=lambda pair: -pair[0])[:CHOSEN]
    keys = {operation.key for _, operation in best}
    return [operation for key, operation in document.operations.items() if key in keys]


def is_candidate(operation: Operation, shared_tags: Container[str]) -> bool:
    node = operation.node
    body = node.get("requestBody")
    tags = [tag for tag in operation.tags if tag not in shared_tags]
    return (
        operation.key.method == "GET"
        and node.get("deprecated") is not True
        and not is_risky(" ".join((operation.key.path, operation.operation_id or "", *tags)))
        and not (isinstance(body, dict) and body.get("required") is True)
        and "?" not in operation.key.path
    )


def is_risky(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    return any(word in RISKY_WORDS or word.startswith(RISKY_STEMS) for word in words)


def score(operation: Operation, tokens: int) -> float:
    """Score an operation for the draft: it should have a summary, a short path, few required parameters and few tokens."""
    parameters = operation.path_item.get("parameters"), operation.node.get("parameters")
    required = sum(
        1
        for listed in parameters
        if isinstance(listed, list)
        for one in listed
        if isinstance(one, dict) and one.get("required") is True and one.get("in") != "path"
    )
    depth = operation.key.path.count("/")
    templates = operation.key.path.count("{")
    described = 3.0 * bool(summary_of(operation)) + bool(operation.operation_id)
    return described - depth - templates - 2.0 * required - math.log2(1 + tokens / 1000)


def entries(document: Document, operations: list[Operation]) -> Iterator[str]:
    """Yield the lines of the allow-list."""
    names = [scalar(entry_of(document, operation).name) for operation in operations]
    width = max(map(len, names), default=0)
    for operation, name in zip(operations, names, strict=True):
        remarks = [remark] if (remark := entry_of(document, operation).remark) else []
        if summary := summary_of(operation):
            remarks.append(summary)
        yield f"  - {name.ljust(width)}   # {comment(': '.join(remarks))}" if remarks else f"  - {name}"


def credential_of(document: Document, operations: list[Operation]) -> tuple[str, str]:
    """Return the credential that the chosen operations ask for, as YAML, and the environment variable that it reads."""
    for name in required_schemes(document, operations):
        form, variable = credential_form(scheme_named(document, name))
        if form:
            return form, variable
    return "", ""


def required_schemes(document: Document, operations: list[Operation]) -> Iterator[str]:
    for holder in (*(operation.node for operation in operations), document.root):
        for requirement in as_list(holder.get("security")):
            if isinstance(requirement, dict):
                yield from requirement
    yield from schemes(document)


def schemes(document: Document) -> JsonObject:
    if document.version == "2.0":
        found = document.root.get("securityDefinitions")
    else:
        found = as_mapping(document.root.get("components")).get("securitySchemes")
    return as_mapping(found)


def scheme_named(document: Document, name: str) -> JsonObject:
    scheme: Json = schemes(document).get(name)
    if isinstance(scheme, dict) and isinstance(scheme.get("$ref"), str):
        try:
            scheme = resolve(document.root, scheme["$ref"]).value
        except RefError:
            return {}
    return scheme if isinstance(scheme, dict) else {}


def credential_form(scheme: JsonObject) -> tuple[str, str]:
    kind = scheme.get("type")
    if kind == "apiKey" and scheme.get("in") in ("header", "query", "cookie") and isinstance(scheme.get("name"), str):
        return f"{{{scheme['in']}: {scalar(scheme['name'])}, value: {{env: {KEY_VARIABLE}}}}}", KEY_VARIABLE
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme")).lower() == "basic"):
        variable = "UPSTREAM_PASSWORD"
        return f"{{basic: {{username: me, password: {{env: {variable}}}}}}}   # set the user name", variable
    if kind in ("http", "oauth2", "openIdConnect"):
        variable = "UPSTREAM_TOKEN"
        return f"{{bearer: {{env: {variable}}}}}", variable
    return "", ""
