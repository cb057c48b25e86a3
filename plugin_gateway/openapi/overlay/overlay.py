"""An overlay: an ordered list of changes to a document, read from the operator's file (OpenAPI Overlay 1.0 and 1.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.places import locate_all, with_lines
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.overlay.edits import kind_name
from plugin_gateway.openapi.overlay.json_path import JsonPath, JsonPathError
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.openapi.decode.unread import Json, JsonObject

_MOST_SHOWN: Final = 200
_VERSION: Final = re.compile(r"1\.([01])\.\d+")
_FIELDS: Final = {
    "overlay": ("overlay", "info", "extends", "actions"),
    "info": ("title", "version", "description"),
    "action": ("target", "description", "update", "copy", "remove"),
}
_EXAMPLE: Final = "write `overlay: 1.0.0` or `overlay: 1.1.0`"


class Action(Struct, frozen=True, kw_only=True):
    """One change. Of `remove`, `copy` and `update` at most one has an effect."""

    index: int
    target: JsonPath
    remove: bool = False
    copy: JsonPath | None = None
    """Selects the one value of the document that is merged into the targets."""
    has_update: bool = False
    update: Json = None


class Overlay(Discreet, frozen=True, kw_only=True):
    """A valid overlay. `name` is the path of its file."""

    HIDDEN = ("text",)

    name: str
    minor: int
    """1 for Overlay 1.1, which also updates scalars."""
    extends: str = ""
    """The URI reference of the document that it is made for."""
    actions: tuple[Action, ...] = ()
    text: bytes
    warnings: tuple[Finding, ...] = ()

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Give findings that have pointers into the overlay their line and column."""
        return _placed(findings, self.text, self.name)


def read_overlay(text: bytes, name: str) -> Overlay:
    """Read the text of a file, JSON or YAML.

    Raises:
        DocumentError: with every mistake in the overlay, each with its location.
    """
    try:
        root = decode(text, name)
    except DocumentError as error:
        raise DocumentError(with_lines(error.findings, text, name)) from None
    reader = _OverlayReader()
    actions = reader.read(root)
    findings = _placed(reader.findings, text, name)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise DocumentError(findings)
    return Overlay(
        name=name,
        minor=reader.minor,
        extends=root.get("extends", ""),
        actions=actions,
        text=text,
        warnings=tuple(findings),
    )


def _placed(findings: Iterable[Finding], text: bytes, name: str) -> list[Finding]:
    findings = list(findings)
    places = locate_all(text, name, (finding.pointer or () for finding in findings))
    # The pointer leads into the overlay; without it, no later step looks for it in gateway.yaml or the document.
    placed = [replace(one.at(places[one.pointer or ()]), pointer=None) for one in findings]
    return with_lines(placed, text, name)


class _OverlayReader:
    """Reads one overlay and gathers its mistakes."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.minor = 1

    def read(self, root: Json) -> tuple[Action, ...]:
        if not isinstance(root, dict):
            self._note("overlay-root", f"an overlay must be an object, not {kind_name(root)}", (), _EXAMPLE)
            return ()
        if not root.keys() & {"overlay", "actions"}:
            hint = "name it as `openapi`; an overlay has `overlay`, `info` and `actions`"
            if root.keys() & {"openapi", "swagger"}:
                self._note("overlay-root", "this is an OpenAPI document, not an overlay", (), hint)
                return ()
        self._judge_keys("overlay", root, ())
        self._judge_version(root)
        self._judge_info(root)
        self._judge_text("extends", root, ())
        actions = root.get("actions")
        if "actions" not in root:
            self._missing("actions", ())
        elif not isinstance(actions, list) or not actions:
            self._note("overlay-type", "`actions` must be a list with at least one action", ("actions",))
        else:
            return tuple(self._actions(actions))
        return ()

    def _actions(self, actions: list[Json]) -> Iterator[Action]:
        for index, action in enumerate(actions):
            at = ("actions", index)
            if not isinstance(action, dict):
                self._note("overlay-type", f"an action must be an object, not {kind_name(action)}", at)
            elif action in actions[:index]:
                message = f"the action is the same as action {actions.index(action) + 1}"
                self._note("overlay-duplicate", message, at, "remove one of the two")
            elif (read := self._action(index, action)) is not None:
                yield read

    def _action(self, index: int, action: JsonObject) -> Action | None:
        at = ("actions", index)
        self._judge_text("description", action, at)
        if not isinstance(remove := action.get("remove", False), bool):
            self._note("overlay-type", "`remove` must be true or false", (*at, "remove"))
        if "copy" in action and self.minor < 1:
            hint = "write `overlay: 1.1.0`"
            self._note("overlay-version", "`copy` is a part of Overlay 1.1, and this is 1.0", (*at, "copy"), hint)
        if "copy" in action and "update" in action:
            message = "an action has either `copy` or `update`"
            self._note("overlay-goes-together", message, (*at, "copy"), "write two actions")
        has_effect = "copy" in action or "update" in action
        if remove is True and has_effect:
            message = "the action removes its target, so its other change has no effect"
            self._note("overlay-no-effect", message, at, "write two actions", Severity.WARNING)
        is_readable = self._judge_keys("action", action, at)
        if not remove and not has_effect and is_readable:
            hint = "add `update`, `copy` or `remove: true`"
            self._note("overlay-no-effect", "the action changes nothing", at, hint, Severity.WARNING)
        target = self._target("target", action, at)
        copy = self._target("copy", action, at) if "copy" in action else None
        if target is None:
            return None
        return Action(
            index=index,
            target=target,
            remove=remove is True,
            copy=copy,
            has_update="update" in action,
            update=action.get("update"),
        )

    def _target(self, key: str, action: JsonObject, at: Pointer) -> JsonPath | None:
        if key not in action:
            self._missing(key, at)
        elif not isinstance(text := action[key], str):
            self._note("overlay-type", f"`{key}` must be a JSONPath query, as text", (*at, key))
        else:
            try:
                return JsonPath(text)
            except JsonPathError as error:
                hint = "for example `$.paths['/pets'].get`"
                self._note("overlay-jsonpath", f"`{text[:_MOST_SHOWN]}` {error}", (*at, key), hint)
        return None

    def _judge_version(self, root: Mapping[str, Json]) -> None:
        if "overlay" not in root:
            self._missing("overlay", (), _EXAMPLE)
        elif not isinstance(version := root["overlay"], str) or not (found := _VERSION.fullmatch(version)):
            message = f"`overlay: {str(version)[:20]}` is not a version that the gateway knows"
            self._note("overlay-version", message, ("overlay",), _EXAMPLE)
        else:
            self.minor = int(found[1])

    def _judge_info(self, root: Mapping[str, Json]) -> None:
        info = root.get("info")
        if "info" not in root:
            self._missing("info", (), "write `info: {title: …, version: …}`")
        elif not isinstance(info, dict):
            self._note("overlay-type", f"`info` must be an object, not {kind_name(info)}", ("info",))
        else:
            self._judge_keys("info", info, ("info",))
            for key in ("title", "version"):
                if key not in info:
                    self._missing(key, ("info",))
            for key in _FIELDS["info"]:
                self._judge_text(key, info, ("info",))

    def _judge_text(self, key: str, holder: Mapping[str, Json], at: Pointer) -> None:
        if key in holder and not isinstance(holder[key], str):
            message = f"`{key}` must be text, not {kind_name(holder[key])}"
            hint = "put quotes around it" if isinstance(holder[key], int | float) else ""
            self._note("overlay-type", message, (*at, key), hint)

    def _judge_keys(self, kind: str, holder: Mapping[str, Json], at: Pointer) -> bool:
        """Note each unknown key. Returns whether all are known."""
        unknown = [key for key in holder if key not in _FIELDS[kind] and not key.startswith("x-")]
        for key in unknown:
            close = closest(key, _FIELDS[kind])
            hint = f"did you mean `{close[0]}`? " if close else ""
            valid = ", ".join(f"`{name}`" for name in _FIELDS[kind])
            self._note("overlay-unknown-key", f"unknown key `{key}`", (*at, key), f"{hint}valid here: {valid}, x-*")
        return not unknown

    def _missing(self, key: str, at: Pointer, hint: str = "") -> None:
        self._note("overlay-missing-key", f"`{key}` is missing", at, hint)

    def _note(
        self,
        rule: str,
        message: str,
        pointer: tuple[Any, ...],
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.findings.append(Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=pointer))
