import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from plugin_gateway.console.answer import unpacked
from plugin_gateway.console.workshop import Workshop
from tests.bounds import BOUND_S
from tests.console.pets_place import CONFIG, MARK_KEY, Place
from tests.narrow import present


def with_workshop(place: Place, use: Callable[[Workshop], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        workshop = Workshop(place.config, {}, mark_key=MARK_KEY, **options)
        try:
            async with asyncio.timeout(BOUND_S):
                return await use(workshop)
        finally:
            await workshop.close()

    return asyncio.run(main())


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_first_question_starts_one_process_that_answers_all(place: Place) -> None:
    async def use(workshop: Workshop) -> int:
        assert workshop.pid is None
        answers = await asyncio.gather(*(workshop.ask("search", b'{"q": "pets"}') for _ in range(5)))
        assert {answer.status for answer in answers} == {200}
        pid = workshop.pid
        place.write(CONFIG + "  - addPet\n")
        index = json.loads(unpacked(await workshop.ask("operations", b"")).body)
        assert index["now"]["operations"] == 2
        assert workshop.pid == pid
        assert pid is not None
        return pid

    assert not is_there(with_workshop(place, use))


def test_a_process_that_crashes_is_replaced_at_the_next_question(place: Place) -> None:
    async def use(workshop: Workshop) -> None:
        await workshop.ask("search", b"")
        assert workshop.pid is not None
        os.kill(workshop.pid, signal.SIGSTOP)
        waiting = asyncio.create_task(workshop.ask("search", b""))
        await asyncio.sleep(0)
        os.kill(workshop.pid, signal.SIGKILL)
        assert (await waiting).status == 503
        assert (await workshop.ask("search", b"")).status == 200

    with_workshop(place, use)


def test_a_process_that_does_not_answer_is_given_up(place: Place) -> None:
    async def use(workshop: Workshop) -> None:
        answer = await workshop.ask("search", b"")

        assert (answer.status, json.loads(answer.body)["code"]) == (503, "console-unavailable")
        assert workshop.pid is None
        workshop._patience_s = 30
        assert (await workshop.ask("search", b"")).status == 200

    with_workshop(place, use, patience_s=0.01)


def test_a_process_without_questions_ends(place: Place) -> None:
    async def use(workshop: Workshop) -> None:
        await workshop.ask("search", b"")
        pid = workshop.pid
        await present(workshop._child)._process.wait()
        assert workshop.pid is None
        assert (await workshop.ask("search", b"")).status == 200
        assert workshop.pid not in (None, pid)

    with_workshop(place, use, idle_s=0.05)


def test_a_closed_workshop_starts_no_process(place: Place) -> None:
    async def main() -> None:
        workshop = Workshop(place.config, {}, mark_key=MARK_KEY)
        await workshop.close()
        assert (await workshop.ask("search", b"")).status == 503

    asyncio.run(main())
