"""The console in gateway.yaml: whether the admin listener serves it, and whether it may save."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from plugin_gateway.config.fields import Flag, OverrideText, as_flag
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import PrepareRaw, RefusesNull
from plugin_gateway.config.record import Record

ConsoleMode: TypeAlias = Literal["default", "off", "read", "write"]
"""`default` if gateway.yaml has no `console`: the address of the admin listener then decides."""


class Console(Record):
    """The console: pages on the admin listener that show and edit the allow-list. `false` turns it off."""

    example: ClassVar[str] = "{write: false}"
    short_form: ClassVar[dict[str, Any] | None] = {"type": "boolean", "description": "`false` turns the console off."}
    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("writable", "edit", "save", "allow_write", "can_write"), "write"),
    }

    write: Flag = True
    """Whether the console may change gateway.yaml. With `false` it shows everything and saves nothing.
    Example: `write: false`"""

    @classmethod
    def expand(cls, value: Any) -> Any:
        return {} if as_flag(value) is True else value


def _none_if_off(value: Any) -> Any:
    if as_flag(value) is False:
        return None
    if not isinstance(value, dict | bool | OverrideText | Console):
        hint = "write `false`" if value in ("off", "no", None) else "for example `console: {write: false}`"
        raise Mistake("wrong-type", "expected true, false or a mapping", got=value, hint=hint)
    return value


ConsoleOrOff: TypeAlias = Annotated[Console | None, PrepareRaw(_none_if_off), RefusesNull()]


def mode_of(console: Console | None, *, is_written: bool) -> ConsoleMode:
    if console is None:
        return "off"
    return ("write" if console.write else "read") if is_written else "default"
