"""The gateway's own answers have one shape."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import plugin_gateway
from plugin_gateway.errors import UpstreamError, WireError
from plugin_gateway.refusal import TITLES, Refusal, problem_details, refusal_of


def codes_in_use() -> set[str]:
    """Every literal code that the package gives to a refusal, a wire error or an upstream error."""
    found: set[str] = set()
    for path in Path(plugin_gateway.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "Refusal":
                    values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                elif node.func.id in {"WireError", "UpstreamError"}:
                    values = node.args[1:2]
                else:
                    continue
                texts = [ast.literal_eval(value) for value in values if isinstance(value, ast.Constant)]
                found |= {text for text in texts if isinstance(text, str)}
    return found


def test_every_code_in_the_package_has_a_title() -> None:
    assert codes_in_use() - set(TITLES) == set()


@pytest.mark.parametrize("code", TITLES)
def test_every_problem_has_the_standard_members(code: str) -> None:
    body = json.loads(problem_details(Refusal(status=400, code=code, detail="What happened.", hint="Do this.")))

    assert body == {
        "type": f"urn:plugin-gateway:problem:{code}",
        "title": TITLES[code],
        "status": 400,
        "detail": "What happened.",
        "code": code,
        "hint": "Do this.",
    }


def test_members_are_added_and_replace_nothing() -> None:
    refusal = Refusal(status=400, code="bad-head", detail="d", members={"declared": ["é"], "status": 200})

    body = json.loads(problem_details(refusal, request_id="r-1"))

    assert body["declared"] == ["é"]
    assert body["status"] == 400
    assert body["instance"] == "urn:plugin-gateway:request:r-1"
    assert "hint" not in body


@pytest.mark.parametrize(("status", "title"), [(418, "I'm a Teapot"), (799, "Refused")])
def test_an_unknown_code_is_titled_by_its_status(status: int, title: str) -> None:
    assert json.loads(problem_details(Refusal(status=status, code="new", detail="d")))["title"].title() == title.title()


@pytest.mark.parametrize("error", [WireError(400, "bad-head", "d"), UpstreamError(502, "upstream-closed", "d")])
def test_an_error_becomes_a_refusal(error: UpstreamError | WireError) -> None:
    refusal = refusal_of(error)

    assert (refusal.status, refusal.code, refusal.detail) == (error.status, error.code, "d")


def test_a_full_gateway_answers_when_to_try_again() -> None:
    assert refusal_of(UpstreamError(503, "upstream-busy", "Full.")).headers == ((b"Retry-After", b"1"),)
    assert refusal_of(WireError(400, "bad-head", "No.")).headers == ()


def test_text_that_is_no_unicode_is_still_answered() -> None:
    assert json.loads(problem_details(Refusal(status=400, code="x", detail="\ud800")))


def test_a_refusal_cannot_be_changed() -> None:
    refusal: Any = Refusal(status=404, code="operation-not-found", detail="d")

    with pytest.raises(dataclasses.FrozenInstanceError):
        refusal.status = 200
    assert (refusal.hint, refusal.members, refusal.headers) == ("", {}, ())
