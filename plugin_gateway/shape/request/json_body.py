"""A JSON body: judged by its schema, without the members that gateway.yaml removes, and with the members that it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.shape.request.json_edit import WrongTypeError, edit
from plugin_gateway.shape.values.json_reading import UnreadableBodyError, read_json_body

if TYPE_CHECKING:
    from plugin_gateway.shape.request.json_edit import Step
    from plugin_gateway.shape.values.problem import Problem
    from plugin_gateway.shape.values.validator import Validator


class BodyVerdict(NamedTuple):
    """A body as it goes up, and what is wrong with it."""

    body: bytes
    unshaped: tuple[Problem, ...] = ()
    """Problems that keep the gateway from making the changes of gateway.yaml, so the call must not go up."""
    invalid: tuple[Problem, ...] = ()
    """Problems of a body that breaks its schema."""


class JsonBody(NamedTuple):
    """Judges the JSON bodies of one operation."""

    validator: Validator | None = None
    """For the body that clients see; None to judge nothing."""
    removes: Step = True
    """The edit that removes the members that clients do not see; True to change nothing."""
    sets: Step = True
    """The edit that sets the fixed members."""

    @property
    def is_edited(self) -> bool:
        return self.removes is not True or self.sets is not True

    def judge(self, text: bytes, parameter: bytes) -> BodyVerdict:
        """Judge a body with the charset `parameter`, empty if Content-Type has none."""
        try:
            value = read_json_body(text, parameter)
        except UnreadableBodyError as error:
            # Another parser may find a member that an edit does not see.
            return BodyVerdict(text, error.problems) if self.is_edited else BodyVerdict(text, (), error.problems)
        try:
            shown = edit(text, self.removes)
            body = edit(shown, self.sets)
        except WrongTypeError as error:
            return BodyVerdict(text, (error.problem,))
        validator = self.validator
        if validator is None:
            return BodyVerdict(body)
        if shown != text:
            value = read_json_body(shown)
        return BodyVerdict(body, (), () if validator.accepts(value) else validator.problems(value))
