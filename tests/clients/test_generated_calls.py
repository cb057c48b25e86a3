"""Schemathesis finds nothing at the gateway, and finds a server that takes every call."""

import json
from contextlib import ExitStack
from pathlib import Path

from clients.bookshop import DOCUMENT
from clients.generated_calls import outcome_of, running_gateway
from clients.programs import free_port, start


def test_schemathesis_finds_nothing_at_a_gateway_that_enforces_the_document(tmp_path: Path) -> None:
    source = tmp_path / "document.json"
    source.write_text(json.dumps(DOCUMENT))
    with running_gateway(source, ["addBook"]) as (url, served, skipped):
        found = outcome_of(served, url, 5, skipped)
    assert (found.failures, found.operations, skipped) == ({}, 1, []), found.told
    assert found.calls > sum(found.left_out.values())
    assert found.slowest_s > 0


def test_schemathesis_finds_a_server_that_takes_invalid_calls(tmp_path: Path) -> None:
    served = tmp_path / "document.json"
    served.write_text(json.dumps(DOCUMENT))
    port = free_port()
    with ExitStack() as programs:
        start(programs, port, "clients.sampling_api", str(port), str(served))
        found = outcome_of(served, f"http://127.0.0.1:{port}", 5)
    assert "Schema-violating request accepted" in found.failures
    assert "POST /shelves/{shelfId}/books" in found.told


def test_a_run_that_cannot_begin_is_a_failure(tmp_path: Path) -> None:
    document = tmp_path / "document.json"
    document.write_text("{}")
    assert [*outcome_of(document, "http://127.0.0.1:9", 1).failures] != []
