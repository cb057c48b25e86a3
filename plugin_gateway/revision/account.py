"""An account of one call, for the operator: whether it would pass, step by step, and which line of gateway.yaml decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from plugin_gateway import methods
from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.mistake import nearest
from plugin_gateway.errors import UsageError
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.trace import Step, explain
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.gate.variant import NO_FIELDS
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.publish.page import PAGE_PATH
from plugin_gateway.publish.page_request import asks_for_page
from plugin_gateway.publish.security import well_known_at_root
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.catalogue import Catalogue, describe, match
from plugin_gateway.revision.shaped_bodies import body_steps
from plugin_gateway.revision.shaped_call import shape_call
from plugin_gateway.shape.request.invalid_request import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.gate.mount import Mount
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.kept import KeptOperation
    from plugin_gateway.revision.model import Revision

_OF_DOCUMENTS = ("GET", "HEAD")
ELSEWHERE = Refusal(status=421, code="elsewhere", detail="The URL belongs to neither the gateway nor its upstream.")
_BAD_REQUEST_LINE = Refusal(
    status=400, code="bad-request-line", detail="The request line is not `METHOD target HTTP/1.1`."
)
# RFC 9112, 3: the methods and targets that a client can send.
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[\x21-\x7e]+")
_NOT_AN_MCP_METHOD = Refusal(status=405, code="method-not-allowed", detail="The MCP endpoint takes POST.")
_NOT_A_DOCUMENT_METHOD = Refusal(status=405, code="method-not-allowed", detail="Read a document with GET.")


class Account(Struct, frozen=True, kw_only=True):
    """The verdict and the steps to it. The last step decided, or says what to write in gateway.yaml."""

    steps: tuple[Step, ...]
    verdict: Permit | Refusal | None
    """None if the gateway itself answers the call."""
    rule: OperationRule | None = None
    url: str = ""
    """The URL that the call is sent to, without injected query parameters."""

    @property
    def is_allowed(self) -> bool:
        return not isinstance(self.verdict, Refusal)


def account_for(
    method: str,
    given: str,
    *,
    revision: Revision,
    loaded: LoadedConfig,
    document: Document,
    consumer: str = "",
    fields: Fields = NO_FIELDS,
    agreed: Agreed = NOTHING_AGREED,
) -> Account:
    """Give the account of a call; `given` is a path or a pasted URL, and `consumer` the name of a consumer.

    Raises:
        UsageError: there is no such consumer.
    """
    gate, faces, steps = revision.gate, revision.faces, list[Step]()
    if consumer:
        views = {view.consumer: view for view in revision.views}
        if consumer not in views:
            there = f"the consumers are {', '.join(views)}" if views else "gateway.yaml has no `consumers`"
            raise UsageError(f"there is no consumer `{consumer}`: {nearest(consumer, views)}{there}")
        gate = views[consumer].gate
    target = _target_of(given, revision, str(loaded.config.upstream.url))
    if isinstance(target, Refusal):
        text = f"the gateway is at {revision.public_url}, the upstream at {loaded.config.upstream.url}"
        return Account(steps=(Step("url", False, text),), verdict=target)
    if target != given:
        steps.append(Step("url", True, f"the path on the gateway is {target}"))
    if not (_METHOD.fullmatch(method) and _TARGET.fullmatch(target)):
        text = "a method is one word; a target writes blanks, control characters and non-ASCII letters as %XX"
        return Account(steps=(*steps, Step("request line", False, text)), verdict=_BAD_REQUEST_LINE)
    path = target.partition("?")[0]
    is_preflight = method == methods.PREFLIGHT and target.startswith("/")
    has_page = revision.page is not None and path == PAGE_PATH and method in _OF_DOCUMENTS
    is_for_page = has_page and asks_for_page(method.encode(), fields.spelled_like(b"accept"))
    if is_preflight or is_for_page or path in faces or path in revision.callers.local_paths:
        what = f"{method} as a preflight" if is_preflight else path
        if path in faces and not is_preflight and method not in _OF_DOCUMENTS:
            steps.append(Step("own path", False, f"{path} is the gateway's own: read it with GET"))
            return Account(steps=tuple(steps), verdict=_NOT_A_DOCUMENT_METHOD)
        steps.append(Step("own path", True, f"the gateway answers {what} itself; nothing is forwarded"))
        return Account(steps=tuple(steps), verdict=None)
    if has_page:
        text = "a browser, which names text/html in Accept, gets the gateway's page; a program gets the answer below"
        steps.append(Step("own path", True, text))
    steps.append(_caller(revision, consumer))
    if revision.mcp is not None and path == revision.mcp.path:
        return _of_mcp(method, path, steps)
    explanation = explain(gate, method, target, fields)
    steps += explanation.steps
    verdict, url = explanation.verdict, ""
    kept = select(document, loaded.config.allow, loaded.config.deny, agreed.pins(), agreed).kept
    if isinstance(verdict, UndeclaredQuery) and verdict.permit is not None:
        rest = shape_call(verdict.permit)
        if rest is not None and isinstance(rest[1], Refusal):
            steps.append(rest[0])
            verdict = joined([verdict, rest[1]])
    if isinstance(verdict, Permit):
        names = ", ".join(revision.injection_of(verdict.rule).names())
        steps.append(Step("credential", True, f"sets {names}" if names else "sets nothing"))
        if (shaped := shape_call(verdict)) is not None:
            steps.append(shaped[0])
            verdict = shaped[1] if isinstance(shaped[1], Permit) else verdict
        one = kept.get(OperationKey(verdict.rule.method, verdict.rule.path_template))
        steps += body_steps(one, verdict.rule, loaded.config.validate_) if one is not None else ()
        query = b"?" + verdict.query if verdict.query else b""
        url = str(loaded.config.upstream.url) + (verdict.path + query).decode("utf-8", "backslashreplace")
        steps += _limits(loaded, consumer)
        if verdict.rule.shape is not None and verdict.rule.shape.needs_approval:
            text = "a person must approve each call: the first answer is 202, and after the approval the same call runs once"
            steps.append(Step("approval", True, text))
        if shaped is not None and isinstance(shaped[1], Refusal):
            return Account(steps=tuple(steps), verdict=shaped[1])
    steps += _written(method, target, fields, explanation.rule, loaded, document, consumer, agreed, kept)
    if not consumer and revision.views and isinstance(verdict, Permit):
        step, refusal = _consumers(method, target, fields, revision)
        steps.append(step)
        if refusal is not None:
            return Account(steps=tuple(steps), verdict=refusal)
    return Account(steps=tuple(steps), verdict=verdict, rule=explanation.rule, url=url)


def _of_mcp(method: str, path: str, steps: list[Step]) -> Account:
    if method != "POST":
        text = f"{path} is the MCP endpoint, which takes POST"
        return Account(steps=(*steps, Step("own path", False, text)), verdict=_NOT_AN_MCP_METHOD)
    text = f"the MCP endpoint answers {path}; its tools are the allowed operations, which `explain` explains one by one"
    return Account(steps=(*steps, Step("own path", True, text)), verdict=None)


def _target_of(given: str, revision: Revision, upstream_url: str) -> str | Refusal:
    """Return the target for the gate, from a path or from a URL of the gateway, its upstream or this machine.

    Refuse any other URL. A path may be as in the document, or as a client sends it, with the path of `public.url`. `serve
    --listen` may have chosen another port than `public.url`.
    """
    public = urlsplit(revision.public_url)
    at_host = mount_at(public.path, well_known_at_root(revision.faces, revision.public_url))
    if "://" not in given.partition("?")[0] or given.startswith("/"):
        below = _cut(given, at_host)
        return given if isinstance(below, Refusal) else below
    try:
        parts = urlsplit(given)
        # Cut from the text, because `urlsplit` may normalise what the client would send.
        rest = given.partition("://")[2].partition("#")[0][len(parts.netloc) :]
        if not rest.startswith("/"):
            rest = f"/{rest}"
        verdict: str | Refusal = ELSEWHERE
        place = parts.scheme.lower(), parts.netloc.lower()
        if place == (public.scheme, public.netloc):
            verdict = _cut(rest, at_host)
        elif is_this_machine(parts.hostname or ""):
            verdict = _cut(rest, revision.mount)
        upstream = urlsplit(upstream_url)
        prefix = upstream.path.rstrip("/")
        is_upstreams = place == (upstream.scheme, upstream.netloc.lower())
        if isinstance(verdict, Refusal) and is_upstreams and f"{rest.partition('?')[0]}/".startswith(f"{prefix}/"):
            below = rest[len(prefix) :]
            return below if below.startswith("/") else f"/{below}"
    except ValueError:
        return ELSEWHERE
    return verdict


def _cut(target: str, mount: Mount | None) -> str | Refusal:
    below = mount.cut(target.encode(errors="surrogatepass")) if mount is not None else target
    return below.decode(errors="surrogatepass") if isinstance(below, bytes) else below


def _caller(revision: Revision, consumer: str) -> Step:
    authentication = revision.callers.authentication
    if consumer:
        return Step("caller", True, f"with a credential of the consumer {consumer}")
    if authentication is None:
        return Step("caller", True, "any caller: `auth` is none")
    credential = f"a {authentication.scheme.decode()} credential that `auth: {authentication.kind}` accepts"
    return Step("caller", True, f"with {credential}; without one the answer is 401")


def _limits(loaded: LoadedConfig, consumer: str) -> Iterator[Step]:
    """Yield a step with the limits that a call shares with others; the rate of its operation is not among them."""
    limits = loaded.config.limits
    own = next((one.rate for one in loaded.config.consumers if one.name == consumer), None)
    shared = [
        f"{limits.rate} for all callers together" if limits.rate else "",
        f"{own} for {consumer}" if own else "",
        f"{limits.per_ephemeral_user} for each user" if limits.per_ephemeral_user else "",
        f"{limits.concurrency} at the same time" if limits.concurrency else "",
    ]
    if text := ", ".join(filter(None, shared)):
        yield Step("limits", True, f"at most {text}")


def _written(
    method: str,
    target: str,
    fields: Fields,
    rule: OperationRule | None,
    loaded: LoadedConfig,
    document: Document,
    consumer: str,
    agreed: Agreed,
    kept: Mapping[OperationKey, KeptOperation],
) -> Iterator[Step]:
    """Yield a step with the line of gateway.yaml that opens or closes the document's operation at the target."""
    config = loaded.config
    if rule is not None:
        one = kept.get(OperationKey(rule.method, rule.path_template))
        if one is not None:
            entry = one.entries[0]
            rate = f", at most {one.rate}" if one.rate else ""
            yield Step("rule", True, f"{describe(entry)} in `allow`, {loaded.locate(('allow', entry.index))}{rate}")
            yield from _drift(one.operation.key, agreed)
        return
    key = _found(document, method, target, fields)
    if key is None:
        yield Step("document", False, "the document has no such operation")
        return
    if key in agreed.closed:
        yield from _drift(key, agreed)
        return
    catalogue = Catalogue(document)
    for selector in config.deny:
        if any(operation.key == key for operation in match(selector, catalogue)):
            at = loaded.locate(("deny", selector.index))
            yield Step("document", False, f"the document has `{key}`; {describe(selector)} in `deny` closes it, {at}")
            return
    if key not in kept:
        at = loaded.locate(("allow",))
        yield Step("document", False, f"the document has `{key}`; to open it, write `- {key}` under `allow`, {at}")
    elif consumer:
        index = next(index for index, one in enumerate(config.consumers) if one.name == consumer)
        at = loaded.locate(("consumers", index))
        text = f"`{key}` is allowed, but not to {consumer}: to open it, name it in that consumer's `allow`, {at}"
        yield Step("document", False, text)


def _drift(key: OperationKey, agreed: Agreed) -> Iterator[Step]:
    """Yield a step if the operation has drifted from the lock, with the effect of `on_drift`."""
    from plugin_gateway.lock.locking import Drift  # noqa: PLC0415  # a gateway without a lock does not pay for it

    for operation, outcome, changed in agreed.drifted:
        if operation == str(key):
            why = Drift(key, changed)
            text = f"`{key}` is {outcome}: {why} since the lock was written; `plugin-gateway diff` shows the change"
            yield Step("drift", key not in agreed.closed, text)


def _found(document: Document, method: str, target: str, fields: Fields) -> OperationKey | None:
    """Return the operation that the document has at the path; the query is ignored, unless it selects an operation."""
    gate = compile_gate(document, {key: AllowedOperation(operation_id=str(key)) for key in document.operations})
    for one in (target, target.partition("?")[0]):
        verdict = gate.judge(method.encode(errors="replace"), one.encode(errors="replace"), fields)
        if isinstance(verdict, Permit):
            return OperationKey(verdict.rule.method, verdict.rule.path_template)
    return None


def _consumers(method: str, target: str, fields: Fields, revision: Revision) -> tuple[Step, Refusal | None]:
    """Say which consumers may make a call that the gateway allows; if none may, return what a consumer gets."""
    octets = method.encode(errors="replace"), target.encode(errors="replace"), fields
    verdicts = {view.consumer: view.gate.judge(*octets) for view in revision.views}
    refusals = {name: verdict for name, verdict in verdicts.items() if isinstance(verdict, Refusal)}
    if able := [name for name in verdicts if name not in refusals]:
        besides = f", and not by {', '.join(refusals)}" if refusals else ""
        text = f"may be called by {', '.join(able)}{besides}; `--as NAME` explains one consumer"
        return Step("consumers", True, text), None
    text = "no consumer may make this call: to open it to one, name it in that consumer's `allow`"
    return Step("consumers", False, text), next(iter(refusals.values()))
