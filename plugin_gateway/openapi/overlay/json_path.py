"""A JSONPath query (RFC 9535), with which an action of an overlay selects values of the document.

Only this module imports jsonpath, and only when a config names an overlay: the import takes 60 ms.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from plugin_gateway.openapi.decode.extent import MAX_DEPTH
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError

    from plugin_gateway.openapi.decode.unread import Json

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the root of a document to a value."""

_MOST_SHOWN: Final = 8
_MOST_SEARCHED: Final = 50
"""A hint looks at the first values only: a query such as `$.paths.*` selects a thousand."""


class JsonPathError(ValueError):
    """Raised for a text that is not a JSONPath query; the message completes a sentence that begins with the text."""


class JsonPath:
    """A parsed query. It reads only the parts of a document that its segments lead through; `..` reads all below it."""

    __slots__ = ("_query", "text")

    def __init__(self, text: str) -> None:
        """Parse. Raises `JsonPathError`."""
        from jsonpath import CompoundJSONPath, JSONPathError  # noqa: PLC0415  # see the docstring of the module

        self.text = text
        try:
            query = _environment().compile(text)
        except JSONPathError as error:
            reason = str(error.message or "it is incomplete").rstrip(".")
            raise JsonPathError(f"is not a JSONPath query (RFC 9535): {reason}{_place_of(error)}") from error
        except (ArithmeticError, RecursionError, ValueError) as error:
            raise JsonPathError("is not a JSONPath query (RFC 9535)") from error
        if isinstance(query, CompoundJSONPath):
            raise JsonPathError("is more than one JSONPath query (RFC 9535)")
        if len(query.segments) > MAX_DEPTH:
            raise JsonPathError(f"has more than {MAX_DEPTH} segments, and no document is deeper")
        self._query: JSONPath = query

    def find(self, root: Json) -> list[Place]:
        """Return the place of each selected value, once, in the order of the query."""
        return [*dict.fromkeys(match.parts for match in self._query.finditer(root))]

    def explain_miss(self, root: Json) -> str:
        """Explain a query that selects nothing: the first part without a match, and the name that it probably meant."""
        segments = self._query.segments
        for length in range(len(segments) - 1, -1, -1):
            before, segment = self._cut(length), segments[length]
            if found := [match.obj for match in islice(before.finditer(root), _MOST_SEARCHED)]:
                written = self.text[: segment.token.index].rstrip(".[ ") or "$"
                shown = written if _is_query(written) else str(before)
                return _explain(shown, self.text[len(shown) :], _name_in(segment.selectors), found)
        return ""

    def _cut(self, length: int) -> JSONPath:
        query = self._query
        return type(query)(env=query.env, segments=query.segments[:length])


@cache
def _environment() -> JSONPathEnvironment:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415  # see the docstring of the module

    environment = JSONPathEnvironment(strict=True)
    environment.max_recursion_depth = MAX_DEPTH + 50
    return environment


def _is_query(text: str) -> bool:
    try:
        JsonPath(text)
    except JsonPathError:
        return False
    return True


def _place_of(error: JSONPathError) -> str:
    index = -1 if error.token is None else error.token.index
    return f", at character {index + 1}" if index >= 0 else ""


def _name_in(selectors: tuple[Any, ...]) -> str | None:
    """Return the name that a segment selects, if it selects one name and nothing else."""
    name = getattr(selectors[0], "name", None) if len(selectors) == 1 else None
    return name if isinstance(name, str) else None


def _explain(before: str, rest: str, name: str | None, values: list[Json]) -> str:
    mappings = [value for value in values if isinstance(value, dict)]
    refs = [ref for value in mappings if isinstance(ref := value.get("$ref"), str)]
    if refs:
        return f"`{before}` is a reference to `{refs[0]}`; write a target for that place"
    names = list(dict.fromkeys(key for value in mappings for key in value))
    if name is None or not names:
        return f"`{before}` is there, but `{rest}` selects nothing in it"
    close = closest(name, names)
    meant = f"did you mean `{close[0]}`? " if close else ""
    shown = ", ".join(f"`{key}`" for key in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
    return f"{meant}`{before}` has {shown}{more}"
