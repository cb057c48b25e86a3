"""A shaped request: the head of a request that its operation's shape has judged and rewritten, before the body comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.gate.permit import Permit
from plugin_gateway.proxy.held_body import holds_body, media_type_of
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.answer.selection import take_selection
from plugin_gateway.shape.request.invalid_request import invalid_request, joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.plan import Plan
    from plugin_gateway.proxy.wire import RequestFields


class Shaped:
    """What the shape of its operation says about a request, besides the query that goes up. It never changes."""

    __slots__ = ("is_judged", "lines", "refusal", "selection")

    def __init__(
        self,
        lines: bytes = b"",
        selection: tuple[tuple[str, ...], ...] | None = None,
        refusal: Refusal | None = None,
        *,
        is_judged: bool = True,
    ) -> None:
        self.lines = lines
        """Field lines that the shape adds to the head."""
        self.selection = selection
        """The places of the answer that the caller asked for, as tokens of JSON pointers; None for the whole answer."""
        self.refusal = refusal
        """Problems of the parameters. The call is refused once its body has been judged, so that one answer lists the
        problems of both. Until then nothing goes up."""
        self.is_judged = is_judged
        """Whether the shape judged this request, if there is one.

        A shape that only reports skips most requests of a busy worker.
        """


UNSHAPED: Final = Shaped()
SKIPPED: Final = Shaped(is_judged=False)


class ShapedRequest(NamedTuple):
    """The request as it goes up."""

    permit: Permit
    """The gate's permit, with the query that goes up."""
    shaped: Shaped = UNSHAPED


def lists_more(rule: OperationRule) -> bool:
    """Whether to run the shape on a call that is already refused, so that one answer lists all problems."""
    return rule.shape is not None and not rule.shape.only_reports


def shape_request(
    plan: Plan,
    permit: Permit,
    request: RequestFields,
    undeclared: Refusal | None = None,
    wrong_body: Refusal | None = None,
) -> ShapedRequest | Refusal | None:
    """Apply the operation's shape (required) to a permitted request. Return None if the request needs no change.

    `undeclared` refuses names in the query, and `permit` has the rest of it. `wrong_body` refuses the type of the body. With
    either of them the call is refused, and its answer lists the problems that the shape finds, too.
    """
    shape = permit[0].shape
    assert shape is not None  # noqa: S101  # the caller has checked
    parameters = shape.parameters
    if (
        parameters is not None
        and undeclared is None
        and wrong_body is None
        and (shape.body is None or request.has_body)
    ):
        # A query with a selection does not pass: no parameter has its name.
        fields = pairs_of(request.fields, request.nominated) if parameters.reads_fields else ()
        passing = parameters.passing_query(permit[1], permit[2], fields)
        if passing is not None:
            if passing is permit[2]:
                return None
            return ShapedRequest(Permit(permit[0], permit[1], passing))
    refusals = [one for one in (undeclared, wrong_body) if one is not None]
    if not request.has_body and shape.body is not None:
        absent = shape.body.without_body(media_type_of(request))
        if isinstance(absent, Refusal):
            refusals.append(absent)
        elif absent.problems:
            plan.mismatches.note(permit.rule.operation_id, "request", absent.problems)
    selection = take_selection(permit.query, shape.reply)
    rest, lines = selection.query, b""
    if parameters is not None:
        written = parameters.write(permit.path, rest, pairs_of(request.fields, request.nominated))
        if isinstance(written, Refusal):
            refusals.append(written)
        else:
            rest, lines = written.query, written.lines
            if written.problems:
                plan.mismatches.note(permit.rule.operation_id, "request", written.problems)
    if selection.problems:
        refusals.append(invalid_request(selection.problems))
    refusal = joined(refusals) if refusals else None
    if refusal is not None and (
        wrong_body is not None or not request.has_body or not holds_body(shape, media_type_of(request))
    ):
        return refusal
    return ShapedRequest(permit._replace(query=rest), Shaped(lines, selection.places, refusal))


def pairs_of(fields: Iterable[Sequence[bytes]], nominated: Collection[bytes] = ()) -> Iterable[tuple[bytes, bytes]]:
    """Return the names and values of field lines. Leave out fields that Connection declares hop-by-hop."""
    return ((field[0], field[1]) for field in fields if field[0] not in nominated)
