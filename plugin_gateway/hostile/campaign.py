"""A campaign: the passes of an attack against one revision, and what they found."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from plugin_gateway.approvals.desk import Desk
from plugin_gateway.callers.model import Callers
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.hostile.arena import TOKEN, opened, without_secrets
from plugin_gateway.hostile.case import Feature, first_line
from plugin_gateway.hostile.cases import cases_for
from plugin_gateway.hostile.held import Desks, claiming_calls, essence, other_calls, plain_call
from plugin_gateway.hostile.oracle import Oracle
from plugin_gateway.hostile.remote_shaped import judged
from plugin_gateway.hostile.shaped import shaped_of
from plugin_gateway.hostile.shaped_cases import shaped_cases
from plugin_gateway.hostile.terrain import AttackedTool, Terrain, places
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.hostile.arena import Arena
    from plugin_gateway.hostile.case import Case
    from plugin_gateway.hostile.oracle import Arrival
    from plugin_gateway.hostile.remote import Remote
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision import Revision
    from plugin_gateway.tools.tool_set import ToolSet


class Leak(Struct, frozen=True, kw_only=True):
    """One case that got through."""

    case: Case
    caller: str
    """The consumer that attacked; empty for a caller without a name."""
    what: str
    arrived: str = ""
    """The first line of the request as it reached the upstream; empty if the answer to the caller leaked."""


class Outcome(Struct, kw_only=True):
    """What the attack found."""

    played: Counter[Feature] = field(default_factory=Counter)
    leaks: list[Leak] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """Allowed operations that no call reached; the attack says little about them."""

    unsent: list[str] = field(default_factory=list)
    """Operations that not even an approved call reached."""

    @property
    def proves_nothing(self) -> bool:
        """Whether the gateway forwarded no allowed call."""
        return len(self.silent) == self.played[Feature.CONTROL]


async def attack(revision: Revision, document: Document, most_operations: int = 50) -> Outcome:
    """Attack a revision: as a caller without a credential, then as each consumer, or as every caller if there are none."""
    outcome = Outcome()
    if revision.callers.authentication is not None:
        await _pass(revision, terrain_of(revision, document), outcome, "", most_operations, is_anonymous=True)
    for caller, inner in _as_callers(revision):
        terrain = terrain_of(inner, document)
        await _pass(inner, terrain, outcome, caller, most_operations)
        await _pass_held(inner, terrain, outcome, caller, most_operations)
    return outcome


async def attack_remote(remote: Remote, revision: Revision, document: Document, most_operations: int = 50) -> Outcome:
    """Attack a running gateway by its URL, with the cases whose outcome its answers show."""
    terrain = replace(terrain_of(revision, document), injected_headers=(), destination=remote.destination)
    oracle = Oracle(terrain, revision.secrets, is_remote=True)
    outcome = Outcome()
    # Without a login: its answers are compared with those to callers that are let in.
    async with opened(without_secrets(replace(revision, callers=Callers(), views=()))) as bare:
        for case in filter(remote.plays, cases_for(terrain, most_operations)):
            answer, arrivals = await remote.play(case)
            ordinary = await _ordinary(bare, case, answer, oracle)
            _judge(case, answer, arrivals, oracle, outcome, "", ordinary)
    async for case, whats in judged(remote, terrain, most_operations):
        outcome.played[case.feature] += 1
        outcome.leaks += [Leak(case=case, caller="", what=what) for what in whats]
    return outcome


def _as_callers(revision: Revision) -> Iterator[tuple[str, Revision]]:
    """Yield the revision as each consumer meets it after the door."""
    # `Callers()` lets every caller in. The gate, the rules and the tools belong to the consumer.
    open_to_all = replace(revision, callers=Callers(), views=())
    if not revision.views:
        yield "", open_to_all
    for view in revision.views:
        yield view.consumer, replace(open_to_all, gate=view.gate, rules=view.gate.rules, tools=view.tools)


def terrain_of(revision: Revision, document: Document) -> Terrain:
    """Return the terrain of a revision that was compiled from a document."""
    allowed = places((rule.method, rule.path_template) for rule in revision.rules)
    injections = revision.injections
    passed = {name.decode("latin-1") for rule in revision.rules for name in rule.header_names}
    passed |= {name.decode("latin-1") for name in revision.upstream.forward_headers}
    if any(rule.cookie_names for rule in revision.rules):
        passed.add("cookie")
    if any(isinstance(one.grant, Passthrough) for one in injections):
        passed.add("authorization")
    headers = {name.decode("latin-1") for one in injections for name, _ in one.headers}
    return Terrain(
        allowed=allowed,
        denied=tuple(place for place in places(document.operations) if place not in set(allowed)),
        # A field that only some operations get is not expected in each request.
        injected_headers=tuple(sorted(headers)) if not revision.operation_injections else (),
        injected_query=tuple(sorted({name.decode("latin-1") for one in injections for name in one.query_names()})),
        injected_cookies=tuple(
            sorted({pair.partition(b"=")[0].decode("latin-1") for one in injections for pair in _cookies(one.cookies)})
        ),
        passed_fields=frozenset(passed),
        own_paths=frozenset(revision.faces) | frozenset(revision.callers.local_paths),
        mcp_path=revision.mcp.path if revision.mcp is not None else "",
        tools=tuple(_tools(revision.tools)),
        shaped=tuple(shaped_of(revision.rules, revision.tools)),
    )


def _cookies(cookies: bytes) -> Iterable[bytes]:
    return (pair for pair in cookies.split(b"; ") if pair)


def _tools(tools: ToolSet) -> Iterator[AttackedTool]:
    for tool in tools.tools:
        in_path = tuple(one.name for one in tool.arguments if one.place is Place.PATH)
        if in_path:
            yield AttackedTool(tool.name, in_path)


async def _pass(
    revision: Revision, terrain: Terrain, outcome: Outcome, caller: str, most: int, *, is_anonymous: bool = False
) -> None:
    oracle = Oracle(terrain, (*revision.secrets, TOKEN))
    async with opened(revision) as arena, opened(without_secrets(revision)) as bare:
        for case in chain(cases_for(terrain, most), shaped_cases(terrain, most)):
            answer, arrivals = await arena.play(case)
            if is_anonymous:
                case = replace(case, feature=Feature.ANONYMOUS)  # noqa: PLW2901  # only to count and report it
                outcome.played[case.feature] += 1
                for arrival in arrivals:
                    what = "the call reached the upstream although it had no credential"
                    outcome.leaks.append(Leak(case=case, caller=caller, what=what, arrived=first_line(arrival.octets)))
                continue
            ordinary = await _ordinary(bare, case, answer, oracle)
            _judge(case, answer, arrivals, oracle, outcome, caller, ordinary)


async def _pass_held(revision: Revision, terrain: Terrain, outcome: Outcome, caller: str, most: int) -> None:
    """Send calls that a person must approve: without an approval, with the approval of another call, and twice with one."""
    held = [shaped for shaped in terrain.shaped if shaped.is_held][:most]
    if not held:
        return
    desks = Desks()
    async with opened(revision, desks) as arena:

        async def sent(case: Case) -> list[bytes]:
            """Return what reached the upstream."""
            outcome.played[case.feature] += 1
            return [arrival.octets for arrival in (await arena.play(case))[1]]

        async def refuse(case: Case, approved: bytes = b"") -> None:
            """Send a call that may reach the upstream only as the approved one did."""
            for octets in await sent(case):
                if not approved or essence(octets) != essence(approved):
                    what = "the call reached the upstream, and no person approved it"
                    outcome.leaks.append(Leak(case=case, caller=caller, what=what, arrived=first_line(octets)))

        for shaped in held:
            desks.desk = Desk()
            await refuse(plain_call(shaped))
            for case in claiming_calls(shaped, terrain.mcp_path, desks.last_id):
                await refuse(case)
            desks.desk = Desk()
            await refuse(plain_call(shaped))
            desks.approve()
            approved = b"".join(await sent(plain_call(shaped, "approved")))
            await refuse(plain_call(shaped, "a second time with one approval"))
            if not approved:
                outcome.unsent.append(str(shaped.place))
            for case in other_calls(shaped):
                # A call that goes up as the approved one does may use its approval, so each gets a new one.
                desks.desk = Desk()
                await arena.play(plain_call(shaped))
                desks.approve()
                await refuse(case, approved)


async def _ordinary(bare: Arena, case: Case, answer: bytes, oracle: Oracle) -> bytes:
    """Return what a gateway without secrets answers and sends up for the same case.

    The result is empty if the answer shows no part of a secret.
    """
    if not any(oracle.judge_answer(answer)):
        return b""
    answered, arrivals = await bare.play(case)
    return b"\r\n".join((answered, *(arrival.octets for arrival in arrivals)))


def _judge(
    case: Case,
    answer: bytes,
    arrivals: Sequence[Arrival],
    oracle: Oracle,
    outcome: Outcome,
    caller: str,
    ordinary: bytes,
) -> None:
    outcome.played[case.feature] += 1
    if case.feature is Feature.CONTROL and not arrivals:
        outcome.silent.append(case.entry + (f" (as {caller})" if caller else ""))
    for arrival in arrivals:
        for what in oracle.judge_arrival(arrival):
            outcome.leaks.append(Leak(case=case, caller=caller, what=what, arrived=first_line(arrival.octets)))
    outcome.leaks += [Leak(case=case, caller=caller, what=what) for what in oracle.judge_answer(answer, ordinary)]
