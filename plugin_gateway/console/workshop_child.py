"""The workshop's process: `python -m plugin_gateway.console.workshop_child` holds the document and answers questions about it.

The first line on standard input is a JSON object with the arguments of the gateway. Frames follow, and answers go to standard
output. The process ends when standard input closes, so it does not outlive the supervisor.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from plugin_gateway.console.answer import WorkshopAnswer, problem
from plugin_gateway.console.frame import Frame, read_frame
from plugin_gateway.console.material import Material
from plugin_gateway.console.questions import Questions
from plugin_gateway.telemetry import Log, telling

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_AT_ONCE: Final = 32
_OLD_OBJECTS: Final = (50_000, 20, 100)
"""The thresholds of the garbage collector: a compile makes many objects and drops most of them at once."""


def main() -> None:
    """Answer questions until standard input closes."""
    gc.set_threshold(*_OLD_OBJECTS)
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between two answers.
    os.dup2(2, 1)
    with telling(Log()):
        asyncio.run(serve(answers))
    os._exit(0)


async def serve(answers: BinaryIO) -> None:
    """Read the arguments and the questions. A slow call of the upstream does not stop the questions after it."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    questions = Questions(material_of(json.loads(await reader.readline())))
    waiting = asyncio.Semaphore(_MOST_AT_ONCE)
    tasks: set[asyncio.Task[None]] = set()
    with contextlib.suppress(asyncio.IncompleteReadError, BrokenPipeError):
        while True:
            question = await read_frame(reader.readexactly)
            await waiting.acquire()
            task = asyncio.create_task(_answer(questions, question, answers))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(lambda _: waiting.release())
    for task in tasks:
        task.cancel()


async def _answer(questions: Questions, question: Frame, answers: BinaryIO) -> None:
    answer = await answer_to(questions, str(question.label[0]), question.body)
    frame = Frame(question.number, (answer.status, answer.media_type, answer.etag, answer.coding), answer.body)
    with contextlib.suppress(BrokenPipeError):
        answers.write(frame.pack())
        answers.flush()


async def answer_to(questions: Questions, name: str, body: bytes) -> WorkshopAnswer:
    """Answer one question. A bug costs this question only, and its traceback goes to standard error."""
    try:
        return await questions.answer(name, body)
    except Exception:  # noqa: BLE001  # the other questions need this process
        traceback.print_exc()
        return problem(500, "internal-error", "The console failed; the gateway's output says where.")


def material_of(arguments: Mapping[str, Any]) -> Material:
    """Return the material of the gateway that was started with these arguments."""
    config = arguments.get("config")
    return Material(
        Path(config) if config else None,
        environ=os.environ,
        overrides=arguments.get("overrides") or {},
        text=arguments.get("text"),
        revision_file=arguments.get("revision_file") or "",
        mark_key=bytes.fromhex(arguments["mark_key"]),
    )


if __name__ == "__main__":
    main()
