"""A gateway of an issue tracker with its console, and Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests import running
from tests.bounds import BOUND_S
from tests.running import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, Request

SECRET = "sekret-51c0de-of-the-tracker"
NEEDS_PLAYWRIGHT = "the tests of the console's screens need playwright: pip install playwright"

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


class Gateway(running.Gateway):
    """A running gateway of the tracker."""

    def __init__(self, file: Path) -> None:
        super().__init__("serve", "-c", str(file), environment={"CONSOLE_UPSTREAM_KEY": SECRET})
        self.file = file

    def link(self) -> str:
        """Return a link that enters the console once."""
        command = [*COMMAND, "console", "--admin", self.admin]
        result = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=BOUND_S, check=True
        )
        return result.stdout.strip()


def run(folder: Path, *arguments: str) -> None:
    """Run a command of the gateway in a folder."""
    environment = {**os.environ, "CONSOLE_UPSTREAM_KEY": SECRET}
    subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, timeout=BOUND_S, check=True
    )


@contextmanager
def serving(file: Path) -> Iterator[Gateway]:
    gateway = Gateway(file)
    try:
        yield gateway
    finally:
        gateway.close()


def find_chromium() -> str:
    """Return the path of Chromium; skip the test if it is not installed.

    The shell comes first: it has the whole engine, but draws no windows, and takes a third of the processor time.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("the tests of the console's screens need Chromium: apt-get install chromium-headless-shell")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without the services that call its maker."""
    playwright = pytest.importorskip("playwright.sync_api", reason=NEEDS_PLAYWRIGHT)
    path = find_chromium()
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-gpu"]
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox refuses to run as root, and CI runs as root. These tests open only pages of their own gateway.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", *quiet])
        yield browser
        browser.close()


@contextmanager
def console(browser: Browser, gateway: Gateway, **options: Any) -> Iterator[Page]:
    """Enter the console as a person does. At the end, assert that no script failed and that the page asked no other host."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(1000 * BOUND_S)
    failed: list[str] = []
    other_hosts: list[str] = []

    def on_console(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            failed.append(line.text)

    def on_dialog(dialog: Dialog) -> None:
        failed.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(request: Request) -> None:
        if not request.url.startswith(f"http://{gateway.admin}/"):
            other_hosts.append(request.url)

    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", on_console)
    page.on("dialog", on_dialog)
    page.on("request", on_request)
    page.goto(gateway.link())
    # The first question starts a process, which imports the gateway and reads the document.
    page.locator(".item").first.wait_for(timeout=1000 * BOUND_S)
    try:
        yield page
    finally:
        context.close()
    assert failed == []
    assert other_hosts == []


def call_until_shown(gateway: Gateway, method: str, path: str, shown: Locator) -> None:
    """Make a call until the page shows it: the workers send records from the moment when they know of a viewer."""

    def is_shown() -> bool:
        gateway.ask(method, path, "{}" if method == "POST" else None)
        return shown.count() > 0

    running.eventually(is_shown)


def lines_that_differ(before: str, after: str) -> list[str]:
    """Return the lines that only one of two texts has: `-` and the line of the first, `+` and the line of the second."""
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


def number_in(text: str) -> int:
    """Return the first number of a text."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))
