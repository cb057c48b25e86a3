import asyncio
import json
import subprocess
from typing import Any

import pytest

from plugin_gateway.console.frame import HEAD, Frame
from plugin_gateway.console.questions import Questions
from plugin_gateway.console.workshop_child import answer_to, material_of
from plugin_gateway.reload.command import module_command, module_environment
from tests.bounds import BOUND_S
from tests.console.pets_place import Place


def talk(place: Place, *frames: Frame) -> subprocess.CompletedProcess[bytes]:
    arguments = json.dumps({"config": str(place.config), "overrides": {}, "mark_key": ""}).encode() + b"\n"
    return subprocess.run(
        module_command("plugin_gateway.console.workshop_child"),
        input=arguments + b"".join(frame.pack() for frame in frames),
        env=module_environment(),
        capture_output=True,
        timeout=BOUND_S,
        check=False,
    )


def test_it_answers_with_the_number_of_the_question_and_ends_with_its_input(place: Place) -> None:
    result = talk(place, Frame(7, ("search",), b'{"q": "add"}'))
    number, label_length, length = HEAD.unpack(result.stdout[: HEAD.size])
    label = json.loads(result.stdout[HEAD.size : HEAD.size + label_length])

    assert result.returncode == 0
    assert (number, label) == (7, [200, "application/json", "", ""])
    assert json.loads(result.stdout[-length:]) == {"found": [1]}


def test_a_bug_costs_one_question_and_is_reported(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    questions = Questions(material_of({"config": str(place.config), "mark_key": ""}))
    monkeypatch.setattr(questions, "answer", fail)
    answer = asyncio.run(answer_to(questions, "search", b""))

    assert answer.status == 500
    assert b"a bug" not in answer.body
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
