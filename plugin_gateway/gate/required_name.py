"""A required name: a field or parameter that each call of an operation must have, and that the gate refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.override import fold_name
from plugin_gateway.gate.variant import describe_pairs
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.required_members import required_members

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.openapi.document import Document, OperationKey


def find_required_names(
    document: Document, rules: Mapping[OperationKey, OperationRule], entries: Mapping[OperationKey, int]
) -> Iterator[Finding]:
    """Warn of operations whose calls are all refused.

    The gate forbids a name that each of their bodies must have, or the gateway does not forward the field that selects them.
    `document` is 3.0 or later; `entries` maps each allowed operation to the index of its entry in `allow`.
    """
    for key, index in entries.items():
        if pairs := _not_taken(rules[key]):
            yield Finding(
                rule="unreachable-operation",
                severity=Severity.WARNING,
                message=f"no call of `{key}` is accepted: each must have {describe_pairs(pairs)}, and the gateway takes that name "
                "from no caller, because a credential has it or it selects an operation that is closed",
                hint="remove the entry, or rename the credential",
                pointer=("allow", index),
            )
        if (closed := rules[key].closed_in_bodies) and (name := _required_in_each_body(document, key, closed)):
            yield Finding(
                rule="parameter-in-body",
                severity=Severity.WARNING,
                message=f"no call of `{key}` is accepted: its body must have the field `{name}`, and the gateway refuses it there, "
                "because some servers read it in place of the query parameter",
                hint="remove the entry, or let an overlay take the field out of `required` if the API reads it from the query",
                pointer=("allow", index),
            )


def _not_taken(rule: OperationRule) -> tuple[RequiredPair, ...]:
    names = {"query": rule.query_names, "header": rule.header_names}
    return tuple(pair for pair in rule.required if pair.name not in names[pair.place])


def _required_in_each_body(document: Document, key: OperationKey, closed: Collection[bytes]) -> str:
    """Return a closed name that the bodies of every media type must have, or an empty text."""
    operation = document.operations.get(key)
    body = follow(operation.node.get("requestBody"), document) if operation else None
    content = body.get("content") if body and body.get("required") is True else None
    schemas = (
        [one.get("schema") for one in content.values() if isinstance(one, dict)] if isinstance(content, dict) else []
    )
    found = [
        [name for name in required_members(schema, document) if fold_name(name.encode(errors="replace")) in closed]
        for schema in schemas
    ]
    return found[0][0] if found and all(found) else ""
