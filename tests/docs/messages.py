"""The messages that end commands and the events of the log, read from the sources."""

import ast
from functools import cache

from plugin_gateway.approvals.approval import State
from tests.docs.rules import PACKAGE

ERRORS = ("UsageError", "EditError", "BadParameter")
LEVELS = ("debug", "info", "warning", "error", "critical", "exception")
MADE = {
    *(f"approval-{state}" for state in (State.APPROVED, State.DENIED)),
    *(f"{side}-mismatch" for side in ("request", "response")),
}
"""The events that the code puts together from parts."""


@cache
def _calls() -> list[tuple[str, ast.Call]]:
    """Return each call in the package, with the name of what it calls."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found.append((name, node))
    return found


def messages() -> set[str]:
    """Return the messages of the errors that end a command, with `…` in place of what varies.

    The set leaves out a message that consists of varying parts only, and a message that is not written in the call.
    """
    found: set[str] = set()
    for name, call in _calls():
        if name in ERRORS and call.args:
            match call.args[0]:
                case ast.Constant(value=str(text)):
                    found.add(text)
                case ast.JoinedStr(values=parts):
                    text = "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in parts)
                    found.update([text] if any(character.isalpha() for character in text) else [])
                case _:
                    pass
    return found


def events() -> set[str]:
    """Return the events of the log."""
    found = {*MADE}
    for name, call in _calls():
        if name == "event" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
            found.add(str(call.args[1].value))
        elif name == "log_findings" and len(call.args) > 2 and isinstance(call.args[2], ast.Constant):
            found.add(str(call.args[2].value))
        for keyword in call.keywords if name in LEVELS else ():
            if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "event" and isinstance(value, ast.Constant):
                        found.add(str(value.value))
    return found
