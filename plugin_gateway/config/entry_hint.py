"""An entry hint: the lines that correct `allow` or `deny` if its entries are not written as a list of operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.methods import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ALL: Final = frozenset({"all", "*", "any", "everything", "**", "/*", "/**", "true"})
_METHODS: Final = "|".join(KNOWN)
_KEYS_WRITTEN: Final = re.compile(rf"(?i:{_METHODS})\s+/\S*")
_DASHES: Final = frozenset("–—−•*·")  # noqa: RUF001  # as word processors write them
_BULLET: Final = re.compile(r"\s*(?:[+*•]|[0-9]{1,3}[.)])\s")
_LONGEST_SHOWN: Final = 80
_MOST_SHOWN: Final = 3


def of_entries(key: str, value: Any) -> str:
    """Return a hint for entries of `allow` or `deny` that are not written as a list."""
    if value is None:
        return f"write entries below it, each with a dash: `- listOrders`; or `{key}: []` for none"
    if isinstance(value, str | bool) and str(value).strip().casefold() in _ALL:
        return "to name every operation, write `- {path: /**}`"
    if isinstance(value, str) and value[:1] in _DASHES:
        return f"write a hyphen, `-`, instead of `{value[0]}`"
    if isinstance(value, str) and (bullet := _BULLET.match(value)):
        return f"begin each entry with a dash, `-`, instead of `{bullet[0].strip()}`"
    if isinstance(value, dict) and len(value) == 1 and (wrapper := _wrapper_of_entries(value)):
        return f"remove `{wrapper}:`: its entries belong directly below `{key}`"
    shown = [one[:_LONGEST_SHOWN] for one in _written(value)][:_MOST_SHOWN]
    if shown and isinstance(value, str) and value.startswith("-"):
        return f"put a space after each dash: `- {shown[0]}`"
    return f"begin each entry with a dash: {', '.join(f'`- {one}`' for one in shown)}" if shown else ""


def _wrapper_of_entries(value: Mapping[Any, Any]) -> str:
    """Return the key that stands between `allow` and its list, as in `allow: {operations: […]}`."""
    key, member = next(iter(value.items()))
    is_wrapper = isinstance(member, list) and not re.fullmatch(rf"(?i:{_METHODS}|/.*|tags?|paths?)", str(key))
    return str(key)[:_LONGEST_SHOWN] if is_wrapper else ""


def _written(value: Any) -> Iterator[str]:
    """Yield the entries of a value that is not a list."""
    if isinstance(value, str):
        if keys := _KEYS_WRITTEN.findall(value):
            yield from keys
        else:
            yield from (word.lstrip("-") for word in re.split(r"[\s,]+", value) if word.lstrip("-"))
    elif isinstance(value, dict) and {"operation", "tag", "path", "parameters"} & set(value):
        key, member = next(iter(value.items()))
        yield f"{key}: {member}" if isinstance(member, str) else f"{key}: …"
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from operations_in(key, member)


def operations_in(key: Any, member: Any) -> list[str]:
    """Return the operations that a pair such as `GET: /orders`, `/orders: [get, post]` or `listOrders: true` names."""
    key = str(key)
    texts = [member] if isinstance(member, str) else member if isinstance(member, list) else []
    texts = [text for text in texts if isinstance(text, str)]
    if texts and re.fullmatch(rf"(?i:{_METHODS})", key):
        return [f"{key.upper()} /{text.removeprefix('/')}" for text in texts]
    if texts and (match := re.fullmatch("(tag|path)s?|operations?", key)):
        return [f"{match[1]}: {text}" if match[1] else text for text in texts]
    if key.startswith("/"):
        methods = [member] if isinstance(member, str) else list(member) if isinstance(member, list | dict) else []
        return [f"{method.upper()} {key}" for method in methods if isinstance(method, str)] or [f"GET {key}"]
    return [key]


def of_entry(value: Any) -> str:
    """Return a hint for one entry that is neither text nor a mapping."""
    if value is None:
        return "write an operation after the dash, or remove the dash"
    if isinstance(value, list):
        return "one dash is enough: entries are not lists"
    if isinstance(value, int | float):
        return f'put quotes around it: "{value}"'
    return ""
