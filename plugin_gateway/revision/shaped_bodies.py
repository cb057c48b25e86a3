"""Shaped bodies: how gateway.yaml changes the bodies of one operation's requests and answers, without any value of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.gate.trace import Step
from plugin_gateway.openapi.refs import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.config.model import Validation
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.revision.kept import KeptOperation

_MOST_SHOWN: Final = 12


def body_steps(kept: KeptOperation, rule: OperationRule, validate: Validation) -> Iterator[Step]:
    """Yield a step for the request body and one for the answer, if anything is cut, set, hidden or enforced there."""
    request = [*_of_request(kept)]
    if validate.request == "enforce" and kept.operation.node.get("requestBody") is not None:
        request.append("refuses a body that does not match its description")
    if request:
        yield Step("request body", True, "; ".join(request))
    answer = [*_of_answer(kept, rule)]
    if validate.response == "enforce":
        answer.append("sends 502 instead of an answer that does not match its description")
    if answer:
        yield Step("answer", True, "; ".join(answer))


def _of_request(kept: KeptOperation) -> Iterator[str]:
    trim = kept.request
    if trim.keep:
        yield f"clients see and send only {_listed(trim.keep)}"
    if trim.drop:
        yield f"removes {_listed(trim.drop)}, which clients do not see"
    if trim.fixed:
        yield f"always sets {_listed(trim.fixed)}, which clients do not see"


def _of_answer(kept: KeptOperation, rule: OperationRule) -> Iterator[str]:
    trim = kept.response
    if trim.keep:
        yield f"clients get only {_listed(trim.keep)} of a success"
    if trim.drop:
        yield f"leaves out {_listed(trim.drop)}"
    for pointer, most in trim.limit_items.items():
        yield f"at most {most} items of {pointer or 'the answer'}"
    if trim.select is not None:
        yield f"clients can ask for less with `{trim.select}`"
    if rule.links:
        yield f"rewrites the URLs at {_listed(map(join_pointer, rule.links))}"


def _listed(pointers: Iterable[str]) -> str:
    names = [*pointers]
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
