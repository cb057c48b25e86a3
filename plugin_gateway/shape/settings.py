"""The settings of one operation: the merged entries of gateway.yaml that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway.config.trims import RequestTrim, ResponseTrim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.parameter_rule import ParameterRule
    from plugin_gateway.diagnostics import Pointer

# Settings that the gate and the rewriting of links read.
_OF_THE_GATE: Final = frozenset({"slashes"})
_OF_THE_ANSWER: Final = frozenset({"links"})

Check = Literal["off", "report", "enforce"]


class OperationSettings(Struct, frozen=True, kw_only=True):
    """What gateway.yaml says about the calls of one operation. With the defaults, they are not shaped."""

    entry: int = 0
    """The index in `allow` of the entry that findings point at."""
    parameters: Mapping[str, ParameterRule] = field(default_factory=dict)
    origins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The index of the entry that has each setting of a parameter, by the parameter's key and the setting."""
    replaced_texts: frozenset[str] = frozenset()
    """The texts that entries replace: `description`, `summary`."""
    request: RequestTrim = field(default_factory=RequestTrim)
    request_origins: Mapping[str, int] = field(default_factory=dict)
    """The index of the entry that has each setting of `request`."""
    request_of_groups: frozenset[str] = frozenset()
    """The settings of `request` from an entry for a group. Not each of its operations needs a place for them."""
    response: ResponseTrim = field(default_factory=ResponseTrim)
    response_origins: Mapping[str, int] = field(default_factory=dict)
    """The index of the entry that has each setting of `response`."""
    validates_request: Check = "off"
    validates_response: Check = "off"

    @property
    def is_nothing(self) -> bool:
        """Whether the calls stay as the document describes them."""
        return (
            not any(rule.written - _OF_THE_GATE for rule in self.parameters.values())
            and not self.request.written
            and not self.is_about_answers
            and self.validates_request == self.validates_response == "off"
        )

    @property
    def is_about_requests(self) -> bool:
        """Whether request bodies are cut or validated."""
        return bool(self.request.written) or self.validates_request != "off"

    @property
    def is_about_answers(self) -> bool:
        """Whether answers are cut."""
        return bool(self.response.written - _OF_THE_ANSWER)

    def pointer_to(self, key: str, field: str = "") -> Pointer:
        """Return the place in gateway.yaml of a rule for a parameter, or of one of its settings."""
        entry = self.origins.get((key, field), self.origins.get((key, ""), self.entry))
        return ("allow", entry, "parameters", key, *((field,) if field else ()))

    @property
    def only_validates(self) -> bool:
        """Whether clients see what the document describes."""
        return replace(self, validates_request="off", validates_response="off").is_nothing
