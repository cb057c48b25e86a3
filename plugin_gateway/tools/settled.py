"""Settled: what the path template of a tool fixes in each of its requests, as `/search?type=user` fixes `type`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.gate.variant import required_pairs
from plugin_gateway.shape.values.scalar import escape_octets
from plugin_gateway.tools.path import placeholders
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from plugin_gateway.gate.template import PathTemplate
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.tools.tool import Argument


class Settled:
    """The pairs and the fields that every request of one tool has, and the names whose values the caller chooses."""

    def __init__(self, template: PathTemplate, required: tuple[RequiredPair, ...]) -> None:
        """Take the pairs that select the tool's operation."""
        self.pairs: list[str] = []
        self.fields: list[tuple[bytes, bytes]] = []
        """Names in lower case."""
        self.free: dict[str, str] = {}
        """The names in the template's query that have no value there, by name and by placeholder."""
        self._values: dict[tuple[str, str], str] = {}
        for raw, pair in zip(template.query, required_pairs(template.query), strict=True):
            if pair.value is None:
                name = pair.name.decode(errors="replace")
                self.free |= dict.fromkeys([name, *placeholders(raw.decode(errors="replace"))], name)
        for pair in required:
            if pair.value is not None:
                self._settle(pair, pair.value)

    def value(self, argument: Argument) -> str | None:
        """Return the value that an argument must have, or None if the caller chooses it."""
        name = argument.wire_name
        return self._values.get((argument.place, name.lower() if argument.place is Place.HEADER else name))

    def _settle(self, pair: RequiredPair, value: bytes) -> None:
        self._values[pair.place, pair.name.decode(errors="replace")] = value.decode(errors="replace")
        if pair.place == Place.HEADER:
            self.fields.append((pair.name, value))
        else:
            written = escape_octets(pair.name)
            self.pairs.append(f"{written}={escape_octets(value)}" if value else written)
