import json
import pickle
import subprocess
import sys

import pytest

from plugin_gateway.reload.child import compiled_or_refused
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.revision import Revision

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\nlog: {format: text}\n"


@pytest.fixture
def config(tmp_path):
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_what_came_out_is_a_revision_and_what_the_supervisor_needs_of_it(config):
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


def test_all_files_it_was_made_of_are_watched_as_they_were_before_they_were_read(config):
    outcome = compiled_or_refused(config, {}, 1)
    assert {path.name for path in outcome.watched} == {"gateway.yaml", "openapi.yaml"}
    assert None not in outcome.watched.values()


def test_no_admin_listener_is_an_empty_address(config):
    config.write_text(CONFIG + "admin: null\n")
    assert compiled_or_refused(config, {}, 1).admin == ""


def test_mistakes_are_an_answer_with_the_text_that_check_prints(config):
    config.write_text(CONFIG.replace("listPets", "nope"))
    outcome = compiled_or_refused(config, {}, 1)
    assert isinstance(outcome, Refused)
    assert f"{config}:3:9: error[unknown-operation]" in outcome.report
    assert "unknown-operation" in {finding.rule for finding in outcome.findings}
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_the_process_answers_one_request_and_ends(config):
    request = json.dumps({"config": str(config), "overrides": {}, "number": 1})
    child = subprocess.run(
        [sys.executable, "-m", "plugin_gateway.reload.child", "gently"],
        input=request.encode(),
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert isinstance(pickle.loads(child.stdout), Compiled)
    assert child.stderr == b""
