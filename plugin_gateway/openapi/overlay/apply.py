"""Applying an overlay: a document and an overlay become the changed document, or findings with lines of the overlay.

The specification lets an action that selects nothing succeed. Here it is an error: the API has changed since the overlay was
written, and the text or the removal that the operator counts on is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.overlay.edits import ActionError, Edits, kind_name
from plugin_gateway.openapi.structure import check_paths, check_root
from plugin_gateway.text.closest import NEARLY_EQUAL, closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.openapi.overlay.json_path import JsonPath, Place
    from plugin_gateway.openapi.overlay.overlay import Action, Overlay

_MOST_NAMED: Final = 5


def apply(document: Document, overlay: Overlay) -> Document:
    """Return the changed document; `document` does not change. It has the warnings of all overlays so far.

    Raises:
        DocumentError: an action selects nothing, or does not fit what it selects; or the result is not an
            OpenAPI document.
    """
    edits = Edits(document.root)
    applying = _Applying(document, overlay, edits)
    for action in overlay.actions:
        applying.act(action)
    _raise(overlay, applying.findings)
    _raise(overlay, (applying.blamed(finding) for finding in check_root(edits.root)))
    changed = replace(document, root=edits.root)
    _raise(overlay, (applying.blamed(finding) for finding in check_paths(changed)))
    before, after = document.operations, changed.operations
    added = [key for key in after if key not in before]
    gone = {key: operation.operation_id or "" for key, operation in before.items() if key not in after}
    warnings = overlay.placed([applying.blamed(_added(added, before))]) if added else ()
    return replace(
        changed,
        removed={key: name for key, name in {**document.removed, **gone}.items() if key not in after},
        warnings=(*document.warnings, *overlay.warnings, *warnings),
    )


class _Applying:
    """One overlay while it is applied. It remembers what each action touched."""

    def __init__(self, document: Document, overlay: Overlay, edits: Edits) -> None:
        self._document, self._overlay, self._edits = document, overlay, edits
        self._touched: list[tuple[Action, list[Place]]] = []
        self.findings: list[Finding] = []

    def act(self, action: Action) -> None:
        places = action.target.find(self._edits.root)
        if not places:
            self._note(action, "target", self._stale(action))
            return
        self._touched.append((action, places))
        try:
            if action.remove:
                self._edits.remove(places)
            elif action.copy is not None:
                self._copy(action, action.copy, places)
            elif action.has_update:
                self._update(action, places)
        except ActionError as error:
            key = "update" if action.has_update and not action.remove else "target"
            self._note(action, key, _finding("overlay-value", error.message, error.hint), error.at)

    def blamed(self, finding: Finding) -> Finding:
        """Point at the last action that touched the finding's place in the document."""
        pointer = finding.pointer or ()
        for action, places in reversed(self._touched):
            for place in places:
                length = min(len(place), len(pointer))
                if tuple(map(str, place[:length])) == tuple(map(str, pointer[:length])):
                    return replace(finding, pointer=("actions", action.index))
        return replace(finding, pointer=("actions",))

    def _update(self, action: Action, places: list[Place]) -> None:
        values = [self._edits.at(place) for place in places]
        kinds = {kind for value in values if (kind := _selected(value))}
        if len(kinds) > 1:
            message = f"`{action.target.text}` selects {' and '.join(sorted(kinds))}"
            raise ActionError(message, "write an action for each kind")
        if self._overlay.minor < 1 and "scalars" in kinds:
            message = f"`{action.target.text}` selects a scalar, which Overlay 1.0 cannot update"
            raise ActionError(message, "write `overlay: 1.1.0`; or target the object around it")
        for place in places:
            self._edits.update(place, action.update)

    def _copy(self, action: Action, query: JsonPath, places: list[Place]) -> None:
        found = query.find(self._edits.root)
        if len(found) != 1:
            what = f"selects {len(found)} values" if found else "matches nothing"
            hint = "" if found else query.explain_miss(self._edits.root)
            message = f"`{query.text}` {what}: `copy` selects exactly one"
            self._note(action, "copy", _finding("overlay-target", message, hint))
            return
        # Copied first, because the value may contain the target or be contained in it.
        value = self._edits.copy_of(found[0])
        for place in places:
            self._edits.update(place, value)

    def _stale(self, action: Action) -> Finding:
        hint = action.target.explain_miss(self._edits.root)
        if action.target.find(self._document.root):
            hint = "an earlier action removed it"
        message = f"`{action.target.text}` matches nothing in {self._document.name}"
        return _finding("overlay-target", message, hint or "correct the target, or remove the action")

    def _note(self, action: Action, key: str, finding: Finding, at: Place = ()) -> None:
        (placed,) = self._overlay.placed([replace(finding, pointer=("actions", action.index, key, *at))])
        self.findings.append(placed)


def _selected(value: object) -> str:
    return {"an object": "objects", "an array": "arrays"}.get(kind_name(value), "scalars")


def _finding(rule: str, message: str, hint: str) -> Finding:
    return Finding(rule=rule, message=message, hint=hint)


def _raise(overlay: Overlay, findings: Iterable[Finding]) -> None:
    if findings := list(findings):
        located = iter(overlay.placed(one for one in findings if one.location is None))
        raise DocumentError(one if one.location else next(located) for one in findings)


def _added(added: list[OperationKey], before: Iterable[OperationKey]) -> Finding:
    """Warn of operations that only the overlay has: a path in it may be misspelt, or the API may have lost one."""
    named = ", ".join(f"`{key}`" for key in added[:_MOST_NAMED])
    more = f" and {len(added) - _MOST_NAMED} more" if len(added) > _MOST_NAMED else ""
    close = closest(str(added[0]), map(str, before), at_least=NEARLY_EQUAL)
    return Finding(
        rule="overlay-adds-operation",
        severity=Severity.WARNING,
        message=f"the overlay adds {named}{more}, which the API's own document does not have",
        hint=f"did you mean `{close[0]}`?" if close else "clients may call an added operation only if `allow` names it",
        pointer=("paths", added[0].path, added[0].method.lower()),
    )
