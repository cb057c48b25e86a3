"""Broken references: references that lead nowhere, and the findings about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.targets import pointer_of, tokens_of
from plugin_gateway.openapi.refs import to_ref, walk
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.openapi.document import Document
    from plugin_gateway.openapi.prune.chains import Chains
    from plugin_gateway.openapi.prune.targets import Place
    from plugin_gateway.openapi.refs import RefError, Tokens

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|/")
_USERINFO = re.compile(r"(?<=//)[^/?#@]*@")
_DISPENSABLE = frozenset({ObjectKind.EXAMPLE, ObjectKind.LINK})
"""Kinds of objects that no call depends on."""


class BrokenReferencesError(DocumentError):
    """Kept operations depend on broken references. `cut` is the pruned document, in which these references are still broken."""

    def __init__(self, findings: Iterable[Finding], cut: Document) -> None:
        super().__init__(findings)
        self.cut = cut


class BrokenReferences:
    """Collects the findings of one document."""

    def __init__(self, document: Document, chains: Chains, warnings: list[Finding]) -> None:
        """Add to `warnings`, which has others too, so that all stay in the order of the document."""
        self.errors: list[Finding] = []
        self._warnings = warnings
        self._document = document
        self._chains = chains

    def report(self, error: RefError, place: Place) -> None:
        """Report a broken reference that a call depends on."""
        self.errors.append(finding_of(self._document, error, tokens_of(place)))

    def warn_of_schema(self, error: RefError, place: Place) -> None:
        """Warn of a schema that is not defined: it allows any value."""
        finding = finding_of(self._document, error, tokens_of(place))
        self._warnings.append(replace(finding, rule="undefined-schema", severity=Severity.WARNING))

    def leaves_out(self, kind: ObjectKind, ref: str, place: Place) -> bool:
        """Return whether an object is left out because its local reference is broken and no call depends on it; warn of it."""
        at = (place, "$ref")
        if kind not in _DISPENSABLE or (error := self._chains.find_break(kind, ref, at)) is None:
            return False
        finding = finding_of(self._document, error, tokens_of(at))
        message = f"{finding.message}: the {kind} is left out"
        self._warnings.append(replace(finding, message=message, severity=Severity.WARNING))
        return True


def finding_of(document: Document, error: RefError, pointer: Tokens) -> Finding:
    """Build the finding for a broken reference, without a password in its URL."""
    ref = _USERINFO.sub("", error.ref)
    message = f"reference {ref!r} at {to_ref(pointer)} {error.reason}"
    if not error.ref.startswith("#"):
        if _ELSEWHERE.match(ref):
            hint = "the gateway fetches nothing outside the document's folder: copy the target into the document, or deny the operations that use it"
        else:
            hint = "put the target into a file below the document's folder, or deny the operations that use it"
        return Finding(rule="external-ref", message=message, hint=hint, pointer=pointer)
    near: list[str] = []
    if tokens := pointer_of(error.ref):
        try:
            siblings = walk(document.root, tokens[:-1])
        except LookupError:
            siblings = ()
        near = closest(tokens[-1], siblings) if isinstance(siblings, dict) else []
        near = [to_ref((*tokens[:-1], name)) for name in near if name != tokens[-1]]
    hint = f"did you mean {near[0]!r}?" if near else "define it, or deny the operations that use it"
    return Finding(rule="unresolved-ref", message=message, hint=hint, pointer=pointer)
