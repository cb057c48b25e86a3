"""A gateway of an issue tracker with its console, and Chromium in front of it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

BOUND_S = 5.0
START_BOUND_S = 20.0
SECRET = "sekret-51c0de-of-the-tracker"

DOCUMENT = """
openapi: 3.0.3
info: {title: Tracker, version: "1.0"}
paths:
  /repos/{owner}/{repo}/issues:
    parameters: &repo
      - {name: owner, in: path, required: true, description: The owner of the repository., schema: {type: string}}
      - {name: repo, in: path, required: true, schema: {type: string}}
    get:
      operationId: listIssues
      tags: [issues]
      summary: List the issues of a repository
      parameters: [{name: state, in: query, schema: {type: string, enum: [open, closed]}}]
      responses: {"200": {description: The issues., content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Issue"}}}}}}
    post:
      operationId: createIssue
      tags: [issues]
      summary: Create an issue
      description: Creates an issue. People who watch the repository are notified.
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewIssue"}}}}
      responses: {"201": {description: The issue., content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}}}}}
  /repos/{owner}/{repo}/issues/{number}:
    parameters:
      - {name: owner, in: path, required: true, schema: {type: string}}
      - {name: repo, in: path, required: true, schema: {type: string}}
      - {name: number, in: path, required: true, schema: {type: integer}}
    get:
      operationId: getIssue
      tags: [issues]
      summary: Get an issue
      responses: {"200": {description: The issue., content: {application/json: {schema: {$ref: "#/components/schemas/Issue"}}}}}
    delete:
      operationId: deleteIssue
      tags: [issues]
      deprecated: true
      summary: Delete an issue
      responses: {"204": {description: Gone.}}
  /repos/{owner}/{repo}/issues/{number}/comments:
    parameters:
      - {name: owner, in: path, required: true, schema: {type: string}}
      - {name: repo, in: path, required: true, schema: {type: string}}
      - {name: number, in: path, required: true, schema: {type: integer}}
    post:
      operationId: createComment
      tags: [comments]
      summary: Create a comment on an issue
      responses: {"201": {description: The comment.}}
  /labels:
    get: {operationId: listLabels, tags: [labels], summary: List labels, responses: {"200": {description: Labels.}}}
  /labels/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: getLabel, tags: [labels], summary: Get a label, responses: {"200": {description: A label.}}}
  /admin/users:
    get: {operationId: listUsers, tags: [admin], summary: List all users, responses: {"200": {description: Users.}}}
components:
  schemas:
    NewIssue: {type: object, required: [title], properties: {title: {type: string}, body: {type: string}}}
    Issue:
      type: object
      properties: {number: {type: integer}, title: {type: string}, author: {$ref: "#/components/schemas/User"}}
    User: {type: object, properties: {login: {type: string}}}
"""

CONFIG = """\
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:{port}
  credential: {{header: X-Api-Key, value: {{env: CONSOLE_UPSTREAM_KEY}}}}
log: {{format: json}}
allow:
  # What the assistant may do.
  - listIssues
  - tag: labels
"""


class Upstream:
    """An API that answers every call with what it was asked, also with its key, which the gateway must mask."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.dumps({"path": self.path, "key": self.headers.get("X-Api-Key")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the standard library's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Gateway:
    """A running `plugin-gateway serve`, with the addresses that its log names."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.environment = {**os.environ, "CONSOLE_UPSTREAM_KEY": SECRET}
        self.process = subprocess.Popen(
            [*_COMMAND, "serve", "-c", str(file), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.lines: list[bytes] = []
        self.grown = threading.Condition()
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()
        started = self._started()
        self.port = int(started["listen"].rpartition(":")[2])
        self.admin = started["admin"]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.grown:
                self.lines.append(line)
                self.grown.notify_all()

    def _started(self) -> dict[str, str]:
        def found() -> dict[str, str] | None:
            events = (json.loads(line) for line in self.lines if line.startswith(b"{"))
            return next((event for event in events if event.get("event") == "started"), None)

        with self.grown:
            event = self.grown.wait_for(found, START_BOUND_S)
        assert event, b"".join(self.lines).decode()
        return event

    def link(self) -> str:
        """Return a link that enters the console once."""
        command = [*_COMMAND, "console", "--admin", self.admin]
        result = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=START_BOUND_S, check=True
        )
        return result.stdout.strip()

    def ask(self, method: str, target: str, body: str | None = None) -> SimpleNamespace:
        """Call the public listener, as a client does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND_S)
        try:
            connection.request(method, target, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            return SimpleNamespace(status=response.status, body=response.read().decode())
        finally:
            connection.close()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(3 * BOUND_S)
        self.reading.join(BOUND_S)
        assert self.process.stderr is not None
        self.process.stderr.close()


_COMMAND = [sys.executable, "-m", "plugin_gateway"]


def run(folder: Path, *arguments: str) -> None:
    """Run a command of the gateway in a folder."""
    environment = {**os.environ, "CONSOLE_UPSTREAM_KEY": SECRET}
    subprocess.run(
        [*_COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, timeout=START_BOUND_S, check=True
    )


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds that no event announces, and return its value."""
    deadline = time.monotonic() + BOUND_S
    pause = threading.Event()
    while time.monotonic() < deadline:
        if held := condition():
            return held
        pause.wait(0.02)
    raise AssertionError(f"not within {BOUND_S} s")


@contextmanager
def serving(file: Path) -> Iterator[Gateway]:
    gateway = Gateway(file)
    try:
        yield gateway
    finally:
        gateway.close()


def find_chromium() -> str:
    """Return the path of Chromium; the test is skipped where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("the tests of the console's screens need Chromium: apt-get install chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without the services that call its maker."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the tests of the console's screens need playwright")
    path = find_chromium()
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu"]
    with playwright.sync_playwright() as driver:
        # Chromium does not sandbox for root, as whom CI runs. It opens only pages of this gateway.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", *quiet])
        yield browser
        browser.close()


@contextmanager
def console(browser: Browser, gateway: Gateway, **options: Any) -> Iterator[Page]:
    """Enter the console as a person does. Afterwards, no script may have failed and no page have been asked elsewhere."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(1000 * BOUND_S)
    failed: list[str] = []
    strangers: list[str] = []

    def on_console(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            failed.append(line.text)

    def on_dialog(dialog: Dialog) -> None:
        failed.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(request: Request) -> None:
        if not request.url.startswith(f"http://{gateway.admin}/"):
            strangers.append(request.url)

    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", on_console)
    page.on("dialog", on_dialog)
    page.on("request", on_request)
    page.goto(gateway.link())
    # The first question starts a process that reads the document.
    page.locator(".item").first.wait_for(timeout=1000 * START_BOUND_S)
    try:
        yield page
    finally:
        context.close()
    assert failed == []
    assert strangers == []


def lines_that_differ(before: str, after: str) -> list[str]:
    """Return the lines that are in one of two texts, with a sign."""
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


def number_in(text: str) -> int:
    """Return the first number of a text."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))
