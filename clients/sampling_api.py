"""The sampling API: it answers each operation of a document with a sample of its first success: `python -m clients.sampling_api PORT DOCUMENT`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import uvicorn

from clients.sample import sample
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.parameters import follow

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

_PROBLEM = {"type": "about:blank", "title": "Not Found", "status": 404, "code": "gone", "detail": "It was deleted."}


class Answer(NamedTuple):
    """A status, a media type or an empty text, and a body."""

    status: int
    media_type: str
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()


class Answers(NamedTuple):
    """The answers to one operation: if all is well, and after a path was deleted."""

    method: str
    path: re.Pattern[str]
    has_parameters: bool
    success: Answer
    missing: Answer


class SamplingApi:
    """An ASGI application. It forgets what was deleted when something is added."""

    def __init__(self, root: dict[str, Any]) -> None:
        found, self.without_answer = _answers_in(Document(root=root, name=""))
        self._operations = sorted(found, key=lambda one: one.has_parameters)
        self._deleted: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        answer = self.answer(scope["method"], scope["raw_path"].decode())
        fields = [*answer.fields, *([("content-type", answer.media_type)] if answer.media_type else [])]
        start: Message = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode()) for name, value in fields],
        }
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, method: str, path: str) -> Answer:
        """Return the answer to a call."""
        found = next((one for one in self._operations if one.method == method and one.path.fullmatch(path)), None)
        if found is None:
            return Answer(404, "", b"")
        if method == "POST":
            self._deleted.clear()
        elif path in self._deleted:
            return found.missing
        elif method == "DELETE" and found.has_parameters:
            self._deleted.add(path)
        return found.success


def _answers_in(document: Document) -> tuple[list[Answers], list[str]]:
    """Return the answers to the operations of a document, and the ids of the operations that have no sample."""
    found: list[Answers] = []
    without: list[str] = []
    for key, operation in document.operations.items():
        try:
            found.append(_answers_of(key.method, key.path, operation.node, document))
        except ValueError:
            without.append(operation.node["operationId"])
    return found, without


def _answers_of(method: str, path: str, operation: dict[str, Any], document: Document) -> Answers:
    responses = operation["responses"]
    success = next((code for code in responses if code[0] in "23d"), None)
    if success is None:
        raise ValueError("no response says that the call succeeded")
    missing = next((code for code in ("404", "4XX", "default") if code in responses), success)
    plain = re.escape(path.partition("#")[0])
    return Answers(
        method,
        re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", plain)),
        "{" in path,
        _answer(responses[success], int(success.replace("XX", "00").replace("default", "200")), document),
        _answer(responses[missing], 404, document),
    )


def _answer(response: Any, status: int, document: Document) -> Answer:
    node = follow(response, document) or {}
    headers = {name: follow(one, document) or {} for name, one in node.get("headers", {}).items()}
    fields = tuple(
        (name, str(sample(one.get("schema", {}), document))) for name, one in headers.items() if one.get("required")
    )
    content = node.get("content", {})
    if not content:
        return Answer(status, "", b"", fields)
    media_type = next((one for one in content if "json" in one), next(iter(content)))
    if "json" in media_type:
        value = _PROBLEM if "problem" in media_type else sample(content[media_type].get("schema", {}), document)
        return Answer(status, media_type, json.dumps(value).encode(), fields)
    return Answer(status, "text/plain" if "*" in media_type else media_type, b"x", fields)


def main() -> None:
    app = SamplingApi(json.loads(Path(sys.argv[2]).read_bytes()))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
