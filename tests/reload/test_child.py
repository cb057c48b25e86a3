import json
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.reload import child
from plugin_gateway.reload.child import compiled_or_refused
from plugin_gateway.reload.outcome import Awaited, Compiled, Refused
from plugin_gateway.revision import LogSettings, Revision
from plugin_gateway.revision.agreed import Drifted
from plugin_gateway.revision.pinned import NOTHING_PINNED
from tests.bounds import BOUND_S
from tests.narrow import as_a, present

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\nlog: {format: text}\n"


@contextmanager
def child_process() -> Iterator[subprocess.Popen[Any]]:
    command = [sys.executable, "-m", "plugin_gateway.reload", "gently"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_the_outcome_is_a_revision_and_the_facts_that_the_supervisor_needs(config: Path) -> None:
    outcome = compiled_or_refused(config, {"listen": "127.0.0.1:9"}, 3)
    assert isinstance(outcome, Compiled)
    revision = pickle.loads(outcome.revision)
    assert isinstance(revision, Revision)
    assert (revision.number, revision.digest) == (outcome.number, outcome.digest) == (3, revision.digest)
    assert (outcome.listen, outcome.admin, outcome.public_url) == (
        "127.0.0.1:9",
        "127.0.0.1:8081",
        "http://localhost:9",
    )
    assert (outcome.operations, outcome.operations_total, outcome.log.format) == (1, 1, "text")


def test_all_files_it_was_made_of_are_watched_as_they_were_before_they_were_read(config: Path) -> None:
    outcome = compiled_or_refused(config, {}, 1)
    assert {path.name for path in outcome.watched} == {"gateway.yaml", "openapi.yaml", "gateway.lock"}
    assert [path.name for path, seen in outcome.watched.items() if seen is None] == ["gateway.lock"]


def test_pins_are_for_the_next_compile_and_not_for_workers(config: Path) -> None:
    config.write_text(CONFIG.replace("[listPets]", "[GET /pets]") + "deny: [{tag: internal}]\n")
    config.with_name("openapi.yaml").write_text(DOCUMENT.replace("{get: {", "{get: {tags: [internal], "))
    first = compiled_or_refused(config, {}, 1)
    assert isinstance(first, Compiled)
    assert pickle.loads(first.revision).pinned == NOTHING_PINNED
    renamed = DOCUMENT.replace("{get:", "{post: {tags: [internal], responses: {}}, get:")
    config.with_name("openapi.yaml").write_text(renamed)
    later = compiled_or_refused(config, {}, 2, pickle.loads(first.pinned))
    assert isinstance(later, Compiled)
    assert (later.operations, later.operations_total) == (0, 2)
    assert as_a(Compiled, compiled_or_refused(config, {}, 2)).operations == 1


def test_the_outcome_names_drifted_operations(config: Path) -> None:
    assert run(["lock", "-c", str(config)]) == 0
    config.with_name("openapi.yaml").write_text(DOCUMENT.replace("{get: {", "{get: {summary: New, "))
    outcome = compiled_or_refused(config, {}, 1)
    assert isinstance(outcome, Compiled)
    assert (outcome.operations, outcome.drifted) == (0, (Drifted("GET /pets", "quarantined", ("texts",)),))


def test_no_admin_listener_is_an_empty_address(config: Path) -> None:
    config.write_text(CONFIG + "admin: null\n")
    assert as_a(Compiled, compiled_or_refused(config, {}, 1)).admin == ""


def test_mistakes_are_an_answer_with_the_text_that_check_prints(config: Path) -> None:
    config.write_text(CONFIG.replace("listPets", "nope"))
    outcome = compiled_or_refused(config, {}, 1)
    assert isinstance(outcome, Refused)
    assert f"{config}:3:9: error[unknown-operation]" in outcome.report
    assert "unknown-operation" in {finding.rule for finding in outcome.findings}
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_the_process_answers_one_request_and_ends(config: Path) -> None:
    request = json.dumps({"config": str(config), "overrides": {}, "number": 1}).encode()
    with child_process() as child:
        present(child.stdin).write(request + b"\n")
        present(child.stdin).flush()
        assert isinstance(pickle.loads(present(child.stdout).read()), Compiled)
        assert child.wait(BOUND_S) == 0


def test_the_process_ends_with_its_supervisor(config: Path) -> None:
    """A document that never comes blocks the child; the supervisor's end closes standard input."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        config.write_text(CONFIG.replace("./openapi.yaml", f"http://127.0.0.1:{silent.getsockname()[1]}/openapi.yaml"))
        request = json.dumps({"config": str(config), "overrides": {}, "number": 1}).encode()
        with child_process() as child:
            present(child.stdin).write(request + b"\n")
            present(child.stdin).flush()
            asked, _ = silent.accept()
            with asked:
                present(child.stdin).close()
                assert child.wait(BOUND_S) == 1


def test_a_refusal_names_each_file_looked_at_and_says_whether_waiting_helps(config: Path) -> None:
    config.write_text(CONFIG.replace("./openapi.yaml", "./new.yaml") + "manifest: {logo: logo.png}\n")
    refused = compiled_or_refused(config, {}, 1)
    assert {path.name for path in refused.watched} == {"gateway.yaml", "new.yaml", "logo.png", "gateway.lock"}
    assert refused.watched[config.with_name("new.yaml")] is None
    assert isinstance(refused, Refused)
    assert refused.awaited is None
    config.with_name("logo.png").write_bytes(b"x")
    config.with_name("new.yaml").write_text(DOCUMENT.replace("{get:", "{$ref: pets.yaml, get:"))
    refused = compiled_or_refused(config, {}, 1)
    assert {path.name for path in refused.watched} == {
        "gateway.yaml",
        "new.yaml",
        "logo.png",
        "pets.yaml",
        "gateway.lock",
    }


def test_a_refusal_for_an_awaited_document_has_the_addresses_and_the_log_settings(config: Path) -> None:
    config.write_text(CONFIG.replace("./openapi.yaml", "http://127.0.0.1:9/openapi.yaml") + "admin: 127.0.0.1:7\n")
    refused = compiled_or_refused(config, {"listen": "127.0.0.1:8"}, 1)
    assert isinstance(refused, Refused)
    assert refused.awaited == Awaited(
        listen="127.0.0.1:8", admin="127.0.0.1:7", log=LogSettings(format="text", level="info")
    )


def test_the_tiny_document_of_a_ready_child_takes_all_steps_of_a_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Any] = []
    compile_it = child.compiled_or_refused
    monkeypatch.setattr(
        child, "compiled_or_refused", lambda *given, **named: outcomes.append(compile_it(*given, **named))
    )
    monkeypatch.setattr(child, "answer", lambda: None)
    monkeypatch.setattr(os, "_exit", lambda _: None)
    for how in ("now", "ready"):
        child.main(how)
    (outcome,) = outcomes
    assert isinstance(outcome, Compiled)
    assert outcome.operations == 1


def test_a_child_that_gets_no_request_ends_quietly() -> None:
    command = [sys.executable, "-P", "-m", "plugin_gateway.reload", "now"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=BOUND_S, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_sandbox_that_forbids_to_be_nice_forbids_no_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[Any] = []

    def nice(_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "nice", nice)
    monkeypatch.setattr(os, "_exit", answered.append)
    monkeypatch.setattr(child, "answer", lambda: answered.append("answer"))
    child.main("gently")

    assert answered == ["answer", 0]


def test_the_child_imports_no_event_loop_and_no_module_that_only_mistakes_and_tools_need() -> None:
    heavy = ("asyncio", "difflib", "httpx2", "ssl", "starlette", "uvicorn", "watchfiles", "plugin_gateway.tools.define")
    program = f"import sys, plugin_gateway.reload.child; print(*{{*{heavy!r}}} & {{*sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=BOUND_S, check=True
    )
    assert result.stdout == "\n"
