import asyncio
import gzip
import json
from typing import Any

import pytest
from starlette.requests import Request

from plugin_gateway.console.answer import WorkshopAnswer, packed
from plugin_gateway.console.handler import Handler
from plugin_gateway.console.workshop_handlers import Reloading, workshop_handlers


class Recorder:
    """A workshop that answers with what it was asked."""

    def __init__(self, *, is_packed: bool = False, status: int = 200) -> None:
        self.is_packed = is_packed
        self.status = status
        self.told: list[str] = []

    def handlers(self, *, may_write: bool = True) -> dict[str, Handler]:
        reloading = Reloading(expect=lambda: self.told.append("expect"), look=lambda: self.told.append("look"))
        workshop: Any = self
        return {one.path: one for one in workshop_handlers(workshop, lambda: may_write, reloading)}

    async def ask(self, name: str, arguments: bytes) -> WorkshopAnswer:
        if self.is_packed:
            return packed(WorkshopAnswer(200, "application/json", b"[]", '"mark"'))
        return WorkshopAnswer(
            self.status, "application/json", json.dumps([name, json.loads(arguments)]).encode(), '"mark"'
        )


def ask(
    path: str,
    query: str = "",
    body: bytes = b"",
    *,
    may_write: bool = True,
    mark: str = "",
    codings: str | None = None,
    recorder: Recorder | None = None,
) -> Any:
    handler = (recorder or Recorder(is_packed=codings is not None)).handlers(may_write=may_write)[path]
    headers = [(b"if-none-match", mark.encode()), (b"accept-encoding", (codings or "").encode())]
    request = Request({"type": "http", "method": handler.method, "headers": headers, "query_string": query.encode()})
    return asyncio.run(handler.answer(request, body))


def test_the_query_of_a_get_is_its_question() -> None:
    assert json.loads(ask("search", "q=a%20b&n=3").body) == ["search", {"q": "a b", "n": "3"}]


def test_the_body_of_a_post_is_its_question() -> None:
    assert json.loads(ask("explain", "", b'{"method": "GET"}').body) == ["explain", {"method": "GET"}]


@pytest.mark.parametrize("may_write", [True, False])
def test_a_browser_cannot_give_itself_leave_to_write(may_write: bool) -> None:
    response = ask("save", "", b'{"may_write": true}', may_write=may_write)

    assert json.loads(response.body) == ["save", {"may_write": may_write}]


def test_a_save_that_is_no_object_is_passed_on_to_be_refused() -> None:
    assert json.loads(ask("save", "", b"{").body) == ["save", None]


def test_an_answer_that_the_browser_has_is_not_sent_again() -> None:
    assert ask("operations").headers["etag"] == '"mark"'
    assert ask("operations", mark='W/"mark", "other"').status_code == 304


@pytest.mark.parametrize(("codings", "coding"), [("gzip, br", "gzip"), ("", None), ("gzip;q=0", None)])
def test_only_a_browser_that_takes_gzip_gets_it(codings: str, coding: str | None) -> None:
    response = ask("operations", codings=codings)

    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(response.body) if coding else response.body) == b"[]"
    assert ask("operations", codings=codings, mark='W/"mark"').status_code == 304


@pytest.mark.parametrize(
    ("path", "status", "may_write", "told"),
    [
        ("preview", 200, True, ["expect"]),
        ("preview", 422, True, []),
        ("preview", 200, False, []),
        ("save", 200, True, ["look"]),
        ("save", 409, True, []),
        ("explain", 200, True, []),
    ],
)
def test_a_preview_lets_the_gateway_expect_a_reload_and_a_save_lets_it_look_at_the_file(
    path: str, status: int, may_write: bool, told: list[str]
) -> None:
    recorder = Recorder(status=status)
    ask(path, "", b"{}", may_write=may_write, recorder=recorder)
    assert recorder.told == told
