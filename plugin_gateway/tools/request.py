"""A request of a tool: the method, target, fields and body that the arguments of a call make.

The target consists of the literals of the path template and of percent-encoded values only. Where a value could make it
ambiguous or turn it into another operation's, the gate's own functions judge it. So the gate permits it byte for byte, as a
call of this tool's operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plugin_gateway.gate.query import MAX_PAIRS
from plugin_gateway.gate.target import MAX_TARGET_BYTES
from plugin_gateway.gate.template import parse_template
from plugin_gateway.gate.variant import PlainFields
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.text.closest import closest
from plugin_gateway.tools.body import BodyWriter
from plugin_gateway.tools.draft import MAX_PROBLEMS, SHOWN_CHARACTERS, ArgumentProblem, Draft, printable_name
from plugin_gateway.tools.misfit import find_misfits
from plugin_gateway.tools.path import Path
from plugin_gateway.tools.rivals import Rivals
from plugin_gateway.tools.settled import Settled
from plugin_gateway.tools.slot import (
    CookieSlot,
    HeaderSlot,
    PathSlot,
    QuerySlot,
    QueryStringSlot,
    SettledSlot,
    Slot,
    UnusedSlot,
)
from plugin_gateway.tools.tool import Argument, Place

if TYPE_CHECKING:
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.tools.tool import Tool

__all__ = ["ArgumentProblem", "RequestWriter", "ToolRequest"]

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

_MAX_GUESSES: Final = 3
"""How many unknown names are compared with all names of the tool, which takes a millisecond each."""
_SHOWN_NAMES: Final = 40
_NO_FIELDS: Final[Fields] = ()
_NO_NAMES: Final[frozenset[str]] = frozenset()


class ToolRequest(NamedTuple):
    """One request, for `proxy.forward.forward`.

    `fields` are the header fields of the arguments, names in lower case, and Content-Type if there is a body. The caller adds
    Host and the length of the body. All requests of a tool without header arguments share one object, unless the body is
    multipart.
    """

    method: bytes
    target: bytes
    fields: Fields
    body: bytes


class RequestWriter:
    """Writes the requests of one tool. Make it once for each tool of a view."""

    __slots__ = (
        "_body",
        "_content_type",
        "_fields",
        "_gate",
        "_is_doubtful",
        "_method",
        "_path",
        "_required",
        "_settled",
        "_slots",
        "_unfilled",
        "_wire_names",
        "tool",
    )

    def __init__(self, tool: Tool, gate: Gate) -> None:
        """Take the gate that judges the calls of the tool's view."""
        self.tool = tool
        self._gate = gate
        self._method = tool.method.encode(errors="replace")
        template = parse_template(tool.path_template)
        self._path = Path(template)
        rivals = Rivals(gate.routes.root, template, self._method)
        self._is_doubtful = bool(template.query) or rivals.take_any
        self._body = BodyWriter(tool.body) if tool.body is not None else None
        self._content_type = self._body.content_type if self._body is not None else b""
        self._fields: Fields = ((b"content-type", self._content_type),)
        self._required = frozenset(one.name for one in tool.arguments if one.is_required)
        takes_others = tool.body is not None and tool.body.takes_others
        self._wire_names = frozenset(one.wire_name for one in tool.arguments) if takes_others else _NO_NAMES
        """The names in requests, which no member that the tool does not name may have."""
        rule = self._rule()
        self._settled = Settled(template, rule.required if rule is not None else ())
        self._slots = self._make_slots(rivals)
        described = {one.wire_name for one in tool.arguments if one.place is Place.PATH}
        self._unfilled = tuple(
            ArgumentProblem(
                "", f"This tool cannot be called: its document does not describe the path parameter `{name}`."
            )
            for name in self._path.spots
            if name not in described
        )

    def write(self, arguments: dict[str, object]) -> ToolRequest | tuple[ArgumentProblem, ...]:
        """Return the request for these arguments, or every reason why there is none. Never raises.

        `arguments` are values as a JSON parser returns them.
        """
        draft = Draft(self._path.pieces.copy(), self._settled.pairs.copy(), self._settled.fields)
        slots = self._slots
        for name, value in arguments.items():
            slot = slots.get(name)
            if slot is None:
                self._add_other(name, value, draft)
            elif value is None and not slot.takes_null:
                if name in self._required:
                    draft.problems.append(ArgumentProblem(name, f"`{name}` is required and must not be null."))
            else:
                try:
                    slot.add(value, draft)
                except UnwritableError as error:
                    draft.problems.append(ArgumentProblem(name, f"`{name}` {error}."))
            if len(draft.problems) >= MAX_PROBLEMS:
                break
        if not self._required <= arguments.keys():
            self._report_missing(arguments, draft)
        if draft.suspects:
            self._check_path(draft)
        content_type = body = b""
        has_body = True
        writer = self._body
        if writer is not None:
            try:
                content_type, body = writer.write(draft)
            except UnwritableError as error:
                writer.blame(draft, error)
                has_body = False
        request = self._join(draft, content_type, body)
        if draft.problems or self._unfilled:
            return self._with_misfits((*draft.problems, *self._unfilled), request, has_body=has_body)
        problem = self._check(request, draft)
        return request if problem is None else self._with_misfits((problem,), request)

    def _join(self, draft: Draft, content_type: bytes, body: bytes) -> ToolRequest:
        text = "".join(draft.path)
        if draft.pairs:
            text += "?" + "&".join(draft.pairs)
        if not content_type:
            fields = _NO_FIELDS
        elif content_type == self._content_type:
            fields = self._fields
        else:
            fields = ((b"content-type", content_type),)
        if draft.fields or draft.cookies:
            cookies = ((b"cookie", "; ".join(draft.cookies).encode("ascii")),) if draft.cookies else ()
            fields = (*fields, *draft.fields, *cookies)
        return ToolRequest(self._method, text.encode("ascii"), fields, body)

    def _with_misfits(
        self, found: tuple[ArgumentProblem, ...], request: ToolRequest, *, has_body: bool = True
    ) -> tuple[ArgumentProblem, ...]:
        """Return the problems of a request, and of the arguments in it."""
        rule = self._rule()
        if rule is None or (shape := rule.shape) is None or len(found) >= MAX_PROBLEMS:
            return found
        reported = {problem.name for problem in found}
        return (*found, *find_misfits(self.tool, shape, request, reported, has_body=has_body))[:MAX_PROBLEMS]

    def _rule(self) -> OperationRule | None:
        return next((rule for rule in self._gate.rules if rule.operation_id == self.tool.name), None)

    def _check_path(self, draft: Draft) -> None:
        """Report each segment that servers read in different ways."""
        named = {one.wire_name: one.name for one in self.tool.arguments if one.place is Place.PATH}
        faulty = {problem.name for problem in draft.problems}
        for segment in dict.fromkeys(draft.suspects):
            names = [named.get(name, name) for name in self._path.names_in(segment)]
            if faulty.intersection(names):
                continue
            refusal = self._path.find_refusal(draft.path, segment)
            if refusal is not None:
                all_names = " and ".join(f"`{name}`" for name in names)
                draft.problems.append(
                    ArgumentProblem(names[0], f"{all_names} cannot be sent: {_lowered(refusal.detail)}")
                )

    def _check(self, request: ToolRequest, draft: Draft) -> ArgumentProblem | None:
        """Report a request that the gate does not permit as a call of this operation."""
        target = request.target
        if len(target) > MAX_TARGET_BYTES or len(draft.pairs) > MAX_PAIRS:
            return ArgumentProblem(
                "",
                f"The arguments make a URL of {len(target)} bytes; at most {MAX_TARGET_BYTES} are allowed. Ask for less at once.",
            )
        if not (self._is_doubtful or draft.is_doubtful):
            return None
        verdict = self._gate.judge(self._method, target, PlainFields(request.fields))
        if isinstance(verdict, Refusal):
            return ArgumentProblem("", f"{verdict.detail} {verdict.hint}".rstrip())
        if verdict.rule.operation_id != self.tool.name:
            other = verdict.rule.operation_id
            return ArgumentProblem("", f"These values make it a call of `{other}`. Call that tool instead.")
        return None

    def _report_missing(self, arguments: dict[str, object], draft: Draft) -> None:
        draft.problems += [
            ArgumentProblem(one.name, f"`{one.name}` is missing.")
            for one in self.tool.arguments
            if one.is_required and one.name not in arguments
        ]

    def _add_other(self, name: str, value: object, draft: Draft) -> None:
        """Add an argument that the tool does not name to a body that takes others; report any other one."""
        body = self._body
        if body is None or not body.takes_others or name in self._wire_names:
            known = [one for one in self.tool.arguments if one.wire_name == name]
            is_guessed = len(draft.problems) < _MAX_GUESSES
            draft.problems.append(
                ArgumentProblem(printable_name(name), self._unknown(name, known, is_guessed=is_guessed))
            )
            return
        try:
            body.add_other(name, value, draft)
        except UnwritableError as error:
            draft.problems.append(ArgumentProblem(printable_name(name), f"`{printable_name(name)}` {error}."))

    def _unknown(self, name: str, known: list[Argument], *, is_guessed: bool) -> str:
        problem = f"`{self.tool.name}` has no argument `{printable_name(name)}`."
        if known:
            called = " and ".join(f"`{one.name}` ({one.place})" for one in known)
            return f"{problem} It is called {called}."
        names = list(self._slots)
        if is_guessed and (near := closest(name[:SHOWN_CHARACTERS], names)):
            return f"{problem} Did you mean `{near[0]}`?"
        if not names:
            return f"{problem} It takes no arguments."
        more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
        return f"{problem} It takes: {', '.join(names[:_SHOWN_NAMES])}{more}."

    def _make_slots(self, rivals: Rivals) -> dict[str, Slot]:
        names = frozenset(one.wire_name for one in self.tool.arguments if one.place is Place.QUERY)
        return {one.name: self._make_slot(one, names, rivals) for one in self.tool.arguments}

    def _make_slot(
        self,
        argument: Argument,
        names: frozenset[str],
        rivals: Rivals,
    ) -> Slot:
        name = argument.wire_name
        free, settled = self._settled.free, self._settled.value(argument)
        match argument.place:
            case _ if settled is not None:
                return SettledSlot(argument, settled)
            case Place.PATH if name in self._path.spots:
                spots = self._path.spots[name]
                if argument.allows_slashes:
                    self._path.slashed.update(spot.segment for spot in spots if spot.is_whole)
                taken = (rivals.names.get(spot.segment, set()) for spot in spots)
                return PathSlot(argument, spots, set().union(*taken))
            case Place.PATH:
                return QuerySlot(argument, free[name], names) if name in free else UnusedSlot(argument)
            case Place.QUERY:
                return QuerySlot(argument, free.get(name, name), names)
            case Place.QUERYSTRING:
                return QueryStringSlot(argument)
            case Place.HEADER:
                return HeaderSlot(argument) if HeaderSlot.takes(name) else UnusedSlot(argument)
            case Place.COOKIE:
                return CookieSlot(argument) if CookieSlot.takes(name) else UnusedSlot(argument)
            case Place.BODY:
                return self._body.slot(argument) if self._body is not None else UnusedSlot(argument)


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
