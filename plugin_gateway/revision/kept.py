"""A kept operation: an operation that the lists allow, with the settings that its entries give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.config.fields import CONFIRM
from plugin_gateway.config.parameter_rule import merged
from plugin_gateway.config.trims import RequestTrim, ResponseTrim
from plugin_gateway.gate.shadow import Terms
from plugin_gateway.tools.hints import ChosenHints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.config.parameter_rule import ParameterRule
    from plugin_gateway.config.selector import AllowEntry
    from plugin_gateway.config.units import Rate
    from plugin_gateway.openapi.document import Operation

_FOR_CLIENTS: Final = frozenset({"description", "slashes", "links", "select"})
"""Settings of parameters and answers that neither limit calls nor hide anything."""


class KeptOperation(Struct, frozen=True, kw_only=True):
    """One allowed operation, with the merged settings of the entries that name it.

    An entry for this single operation wins over an entry for a tag or a path, and an earlier entry over a later one.
    """

    operation: Operation
    entries: tuple[AllowEntry, ...]
    """The entries that name the operation, the winning entry first."""

    @property
    def operation_id(self) -> str | None:
        """The configured name, or None to show the document's name."""
        return next((entry.operation_id for entry in self.entries if entry.operation_id), None)

    @property
    def description(self) -> str | None:
        return next((entry.description for entry in self.entries if entry.description), None)

    @property
    def summary(self) -> str | None:
        return next((entry.summary for entry in self.entries if entry.summary), None)

    @property
    def title(self) -> str | None:
        return next((entry.title for entry in self.entries if entry.title), None)

    @property
    def hints(self) -> ChosenHints:
        """The hints of all entries together."""
        return ChosenHints(
            read_only=_first(entry.hints.read_only for entry in self.entries),
            destructive=_first(entry.hints.destructive for entry in self.entries),
            idempotent=_first(entry.hints.idempotent for entry in self.entries),
            open_world=_first(entry.hints.open_world for entry in self.entries),
        )

    @property
    def consequential(self) -> bool | None:
        stated = self._consequential
        return None if stated is None else bool(stated)

    @property
    def needs_approval(self) -> bool:
        """Whether a person must approve each call."""
        return self._consequential == CONFIRM

    @property
    def _consequential(self) -> object:
        return next((entry.consequential for entry in self.entries if entry.consequential is not None), None)

    @property
    def rate(self) -> Rate | None:
        return next((entry.rate for entry in self.entries if entry.rate is not None), None)

    @property
    def credential_entry(self) -> AllowEntry | None:
        """The entry that gives the operation its own upstream credential."""
        return next((entry for entry in self.entries if entry.credential is not None), None)

    @property
    def terms(self) -> Terms:
        """What the entries ask of each call or hide of its answer."""
        narrowed = {key: rule for key, rule in self.parameters.items() if rule.written - _FOR_CLIENTS}
        answers = {name: value for name, value in self.response.written_values.items() if name not in _FOR_CLIENTS}
        # By its entry: the gate, and so the digest, must not depend on whether two secrets are equal.
        credential = () if self.credential_entry is None else (self.credential_entry.index,)
        others = self.rate, credential, narrowed, self.request.written_values, answers
        return Terms(self.needs_approval, others if any(others) else ())

    @property
    def request(self) -> RequestTrim:
        """The changes of request bodies; each setting is from the first entry that has it."""
        values: dict[str, Any] = {}
        for entry in reversed(self.entries):
            values |= entry.request.written_values
        return RequestTrim.of(**values)

    @property
    def request_origins(self) -> Mapping[str, int]:
        """The index of the entry that each setting of `request` is from."""
        return {name: entry.index for entry in reversed(self.entries) for name in entry.request.written}

    @property
    def request_of_groups(self) -> frozenset[str]:
        """The settings of `request` that an entry for a group has."""
        groups = {entry.index for entry in self.entries if entry.operation is None}
        return frozenset(name for name, index in self.request_origins.items() if index in groups)

    @property
    def response(self) -> ResponseTrim:
        """The changes of responses; each setting is from the first entry that has it."""
        values: dict[str, Any] = {}
        for entry in reversed(self.entries):
            values |= entry.response.written_values
        return ResponseTrim.of(**values)

    @property
    def response_origins(self) -> Mapping[str, int]:
        """The index of the entry that each setting of `response` is from."""
        return {name: entry.index for entry in reversed(self.entries) for name in entry.response.written}

    @property
    def links(self) -> tuple[str, ...] | None:
        """JSON pointers to the URLs in answers, or None to use `upstream.links`."""
        return next((entry.response.links for entry in self.entries if entry.response.links is not None), None)

    @property
    def parameters(self) -> Mapping[str, ParameterRule]:
        """The rules for parameters, by their keys. Each setting comes from the first entry that has it."""
        return {key: merged(rules.values()) for key, rules in self._parameter_rules.items()}

    @property
    def origins(self) -> Mapping[tuple[str, str], int]:
        """The index of the entry that has each setting of a parameter, by the parameter's key and the setting.

        Empty for the rule.
        """
        return {
            (key, setting): index
            for key, rules in self._parameter_rules.items()
            for index, rule in reversed(rules.items())
            for setting in ("", *rule.written)
        }

    @property
    def _parameter_rules(self) -> dict[str, dict[int, ParameterRule]]:
        """The rules for each parameter, by the index of their entry, the winning entry first."""
        rules: dict[str, dict[int, ParameterRule]] = {}
        for entry in self.entries:
            for key, rule in entry.parameters.items():
                rules.setdefault(key, {})[entry.index] = rule
        return rules

    @property
    def replaced_texts(self) -> frozenset[str]:
        """The texts of the operation that an entry replaces."""
        found = {"description": self.description, "summary": self.summary}
        return frozenset(word for word, text in found.items() if text)

    @property
    def slashes(self) -> frozenset[str]:
        """Path parameters whose values may hold encoded slashes."""
        return frozenset(
            key.removeprefix("path:") for key, rule in self.parameters.items() if rule.slashes == "allowed"
        )


def _first(values: Iterable[bool | None]) -> bool | None:
    return next((value for value in values if value is not None), None)
