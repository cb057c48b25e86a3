"""The issuer: one request at a time, early renewal, no request storm while the endpoint is down, no secret shown."""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from plugin_gateway.callers import provider as provider_module
from plugin_gateway.callers.provider import ProviderError
from plugin_gateway.callers.strangers import Strangers, share_of
from plugin_gateway.callers.turns import MAX_WAITING
from plugin_gateway.credentials import board
from plugin_gateway.credentials import issuer as module
from plugin_gateway.credentials.board import Board
from plugin_gateway.credentials.grant import ClientCredentialsGrant, TokenExchangeGrant
from plugin_gateway.credentials.issuer import NO_TOKEN, NOT_EXCHANGED, TOO_MANY_QUESTIONS, Issuer
from plugin_gateway.credentials.token import Token, request_of
from plugin_gateway.refusal import Refusal
from tests.bounds import BOUND_S, until
from tests.narrow import as_a

OURS = ClientCredentialsGrant(token_url="https://issuer/token?x=hunter2?", client_id="me", client_secret="hunter2")
THEIRS = TokenExchangeGrant(token_url="https://issuer/token")


class Provider(provider_module.Provider):
    """A token endpoint that answers when the test lets it."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[Any]()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def relay_form(self, url: str, form: bytes, headers: Mapping[str, str]) -> tuple[str, int, bytes]:
        self.asked.append((url, form, headers))
        await self.may_answer.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return "application/json", *answer


def token(text: str, expires_in: int = 3600) -> tuple[int, bytes]:
    return 200, json.dumps({"access_token": text, "token_type": "Bearer", "expires_in": expires_in}).encode()


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def obtain(issuer: Issuer, subject: str = "", *, refused: str = "", address: str = "") -> Refusal | str:
    answer: asyncio.Future[Token | Refusal] = asyncio.get_running_loop().create_future()
    issuer.obtain(subject, answer.set_result, refused=refused, address=address)
    got = await answer
    return got.text if isinstance(got, Token) else got


def play(scene: Callable[..., Any], grant: ClientCredentialsGrant | TokenExchangeGrant, *answers: Any) -> None:
    async def whole() -> None:
        provider = Provider(*answers)
        issuer = Issuer(grant, provider, Board())
        async with asyncio.timeout(BOUND_S):
            await scene(issuer, provider)
        issuer.close()

    asyncio.run(whole())


def test_calls_that_come_together_ask_once_and_later_ones_not_at_all(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        assert await asyncio.gather(*(obtain(issuer) for _ in range(5))) == ["one"] * 5
        assert await obtain(issuer) == "one"
        assert provider.asked == [(OURS.token_url, *request_of(OURS, ""))]

    play(scene, OURS, token("one"), token("two"))


def test_a_token_is_renewed_early_while_the_old_one_is_still_used(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        await obtain(issuer)
        clock.now_s += 3590 * 0.8
        provider.may_answer.clear()
        assert [await obtain(issuer), await obtain(issuer)] == ["one", "one"]
        provider.may_answer.set()
        await asyncio.gather(*issuer._tasks)
        assert await obtain(issuer) == "two"
        assert len(provider.asked) == 2

    play(scene, OURS, token("one"), token("two"))


def test_a_renewal_that_fails_leaves_the_old_token_and_is_not_tried_at_every_call(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        await obtain(issuer)
        clock.now_s += 3000
        assert await obtain(issuer) == "one"
        await asyncio.gather(*issuer._tasks)
        assert await obtain(issuer) == "one"
        assert len(provider.asked) == 2
        clock.now_s += 2
        assert await obtain(issuer) == "one"
        await asyncio.gather(*issuer._tasks)
        assert await obtain(issuer) == "three"

    play(scene, OURS, token("one"), (500, b""), token("three"))


def test_an_early_renewal_is_requested_for_the_caller_and_counted_for_its_address(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []
    monkeypatch.setattr(Strangers, "failed", lambda _, address: failed.append(address))

    async def scene(issuer: Issuer, provider: Provider) -> None:
        for _ in range(2):
            assert await obtain(issuer, "alice", address="2001:db8::1") == "one"
            await asyncio.gather(*issuer._tasks)
            clock.now_s += 3000
        assert [b"subject_token=alice" in form for _, form, _ in provider.asked] == [True, True]
        assert failed == ["2001:db8::"]

    play(scene, THEIRS, token("one"), (400, b'{"error": "invalid_grant"}'))


@pytest.mark.parametrize("later_s", [3590, 3600])
def test_a_token_that_has_ended_is_not_used(clock: Clock, later_s: int) -> None:
    async def scene(issuer: Issuer, _: Provider) -> None:
        await obtain(issuer)
        clock.now_s += later_s
        assert await obtain(issuer) == "two"

    play(scene, OURS, token("one"), token("two"))


def test_a_token_that_the_upstream_refused_is_renewed_once_for_all_who_had_it(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        await obtain(issuer)
        renewed = await asyncio.gather(*(obtain(issuer, refused="one") for _ in range(3)))
        assert renewed == ["two"] * 3
        assert await obtain(issuer, refused="one") == "two"
        assert len(provider.asked) == 2

    play(scene, OURS, token("one"), token("two"))


def test_an_upstream_that_takes_no_token_costs_fewer_and_fewer_of_them(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        renewed_at = []
        for second in range(3600):
            clock.now_s = 1000.0 + second
            token = as_a(str, await obtain(issuer))
            if issuer.may_renew("", token):
                assert await obtain(issuer, refused=token) != token
                renewed_at.append(second)
            else:
                assert await obtain(issuer, refused=token) == token
        waits = [after - before for before, after in itertools.pairwise(renewed_at)]
        assert waits[:7] == [5, 10, 20, 40, 80, 160, 300]
        assert len(provider.asked) == 1 + len(renewed_at) < 25

    play(scene, OURS, *(token(f"token-{i}", 100_000) for i in range(100)))


def test_an_hour_after_the_wait_ended_an_upstream_is_tried_as_if_it_had_refused_nothing(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        for _ in range(2):
            first = as_a(str, await obtain(issuer))
            second = as_a(str, await obtain(issuer, refused=first))
            assert second != first
            clock.now_s += 4.9
            assert not issuer.may_renew("", second)
            clock.now_s += 0.1
            assert issuer.may_renew("", second)
            clock.now_s += 3600

    play(scene, OURS, *(token(f"token-{i}", 100_000) for i in range(9)))


def test_a_call_that_failed_with_an_older_token_gets_the_new_one_without_waiting(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        await obtain(issuer)
        await obtain(issuer, refused="one")
        assert issuer.may_renew("", "one")
        assert not issuer.may_renew("", "two")
        assert await obtain(issuer, refused="one") == "two"
        assert len(provider.asked) == 2

    play(scene, OURS, token("one"), token("two"), token("three"))


def test_each_caller_backs_off_alone(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        for caller in ("alice", "bob"):
            first = as_a(str, await obtain(issuer, caller))
            assert issuer.may_renew(caller, first)
            second = as_a(str, await obtain(issuer, caller, refused=first))
            assert not issuer.may_renew(caller, second)
        assert len(provider.asked) == 4

    play(scene, THEIRS, *(token(f"t{i}") for i in range(4)))


def test_an_unreachable_endpoint_is_reported_once_and_its_return_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        for _ in range(4):
            await obtain(issuer)
            clock.now_s += 1.1

    with caplog.at_level("INFO", "plugin_gateway"):
        play(scene, OURS, ProviderError("issuer does not answer"), (500, b""), token("back"))
    assert [vars(record)["event"] for record in caplog.records] == ["outage-began", "outage-ended"]


@pytest.mark.parametrize(
    ("grant", "answer", "why"),
    [
        (OURS, ProviderError("connection refused"), "connection refused"),
        (OURS, (401, b'{"error":"invalid_client"}'), "it answers with status 401, invalid_client"),
        (OURS, (400, b'{"error":"invalid_request"}'), "it answers with status 400, invalid_request"),
        (OURS, (200, b"nonsense"), "it answers with status 200 without a JSON object"),
        (THEIRS, (401, b'{"error":"invalid_client"}'), "it answers with status 401, invalid_client"),
    ],
)
def test_an_endpoint_that_gives_none_is_left_alone_for_a_moment(
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    grant: ClientCredentialsGrant | TokenExchangeGrant,
    answer: ProviderError | tuple[int, bytes],
    why: str,
) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        assert await obtain(issuer) is NO_TOKEN
        assert await obtain(issuer) is NO_TOKEN
        assert len(provider.asked) == 1
        clock.now_s += 1.0
        assert await obtain(issuer) == "back"

    play(scene, grant, answer, token("back"))
    assert f"https://issuer/token does not answer: {why}" in caplog.text
    assert "hunter2" not in caplog.text


def test_each_caller_has_a_separate_token(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        assert [await obtain(issuer, caller) for caller in ("alice", "bob", "alice")] == ["for-a", "for-b", "for-a"]
        assert [b"subject_token=alice" in form for _, form, _ in provider.asked] == [True, False]
        assert not any(b"alice" in key for key in issuer._held)

    play(scene, THEIRS, token("for-a"), token("for-b"))


def test_only_the_caller_whose_token_is_not_exchanged_gets_an_error(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        assert await obtain(issuer, "bad") is NOT_EXCHANGED
        assert await obtain(issuer, "bad") is NOT_EXCHANGED
        assert await obtain(issuer, "good") == "yes"
        clock.now_s += 9
        assert await obtain(issuer, "bad") is NOT_EXCHANGED
        assert len(provider.asked) == 2
        clock.now_s += 1
        assert await obtain(issuer, "bad") == "yes"

    play(scene, THEIRS, (400, b'{"error":"invalid_request"}'), token("yes"))
    assert caplog.text == ""


def test_the_number_of_tokens_held_for_callers_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_HELD", 3)

    async def scene(issuer: Issuer, provider: Provider) -> None:
        for number in range(5):
            await obtain(issuer, str(number))
        assert len(issuer._held) == 3
        await obtain(issuer, "0")
        assert len(provider.asked) == 6

    play(scene, THEIRS, token("t"))


def test_questions_under_way_are_bounded_and_one_that_was_not_asked_is_not_remembered(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        provider.may_answer.clear()
        many = module._QUESTIONS_AT_ONCE + MAX_WAITING
        waiting = [asyncio.ensure_future(obtain(issuer, str(number))) for number in range(many)]
        await until(lambda: issuer._turns._waiting == MAX_WAITING)
        assert await obtain(issuer, "one-more") is TOO_MANY_QUESTIONS
        assert len(provider.asked) == module._QUESTIONS_AT_ONCE
        provider.may_answer.set()
        assert await asyncio.gather(*waiting) == ["t"] * many
        assert await obtain(issuer, "one-more") == "t"

    play(scene, THEIRS, token("t"))


def test_an_address_with_many_made_up_tokens_does_not_keep_another_out(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        provider.may_answer.clear()
        flood = [asyncio.ensure_future(obtain(issuer, f"bad-{i}", address="192.0.2.66")) for i in range(300)]
        await until(lambda: issuer._turns._waiting == MAX_WAITING)
        good = asyncio.ensure_future(obtain(issuer, "good", address="192.0.2.1"))
        await until(lambda: share_of("192.0.2.1") in issuer._turns._queues)
        provider.may_answer.set()
        assert await good in ("t", NOT_EXCHANGED)
        asked = [form for _, form, _ in provider.asked]
        assert any(b"subject_token=good" in form for form in asked[: module._QUESTIONS_AT_ONCE + 2])
        told = {
            as_a(Refusal, answer).code for answer in await asyncio.gather(*flood) if answer is not TOO_MANY_QUESTIONS
        }
        assert told == {"credential-not-exchanged", "too-many-bad-credentials"}
        assert len(provider.asked) <= 101 + module._QUESTIONS_AT_ONCE

    play(scene, THEIRS, (400, b'{"error": "invalid_grant"}'))


def test_twelve_thousand_made_up_tokens_are_a_hundred_questions(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        held = await obtain(issuer, "good", address="192.0.2.66")
        codes = [as_a(Refusal, await obtain(issuer, f"bad-{i}", address="192.0.2.66")).code for i in range(12_000)]
        assert codes.count("credential-not-exchanged") == 100
        assert codes[-1] == "too-many-bad-credentials"
        assert len(provider.asked) == 101
        assert await obtain(issuer, "good", address="192.0.2.66") == held
        assert as_a(Refusal, await obtain(issuer, "other", address="192.0.2.1")).code == "credential-not-exchanged"

    play(scene, THEIRS, token("held"), (400, b'{"error": "invalid_grant"}'))


def test_an_address_with_too_many_bad_tokens_is_refused_while_no_more_can_be_requested(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        for number in range(100):
            assert await obtain(issuer, f"bad-{number}", address="2001:db8::1") is NOT_EXCHANGED
        provider.may_answer.clear()
        many = module._QUESTIONS_AT_ONCE + MAX_WAITING
        flood = [asyncio.ensure_future(obtain(issuer, str(number))) for number in range(many)]
        await until(lambda: issuer._turns._waiting == MAX_WAITING)
        assert as_a(Refusal, await obtain(issuer, "bad", address="2001:db8::2")).code == "too-many-bad-credentials"
        provider.may_answer.set()
        await asyncio.gather(*flood)

    play(scene, THEIRS, (400, b'{"error": "invalid_grant"}'))


def test_a_call_that_waits_for_a_token_gets_none_when_the_worker_ends() -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        provider.may_answer.clear()
        waiting = asyncio.ensure_future(obtain(issuer))
        await until(lambda: provider.asked)
        issuer.close()
        assert await waiting is NO_TOKEN

    play(scene, OURS, token("t"))


def test_a_token_is_on_the_board_until_a_minute_after_it_is_used_last(clock: Clock) -> None:
    async def scene(issuer: Issuer, provider: Provider) -> None:
        await obtain(issuer)
        (written,) = issuer._board.read()[1]
        assert (written.text, written.until_s) == ("one", clock.now_s + 3590 + 60)

    play(scene, OURS, token("one"))


def test_a_token_that_the_board_has_no_room_for_any_more_is_not_used(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "RING_BYTES", 8 * board.UNIT_BYTES)

    async def scene(issuer: Issuer, provider: Provider) -> None:
        assert await obtain(issuer) == "one"
        for number in range(8):
            issuer._board.write(f"other-{number}", 0.0)
        assert await obtain(issuer) == "two"

    play(scene, OURS, token("one"), token("two"))
