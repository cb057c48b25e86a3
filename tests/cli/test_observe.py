import json
from pathlib import Path

import pytest

from plugin_gateway.cli import observe
from plugin_gateway.cli.entry import run
from plugin_gateway.cli.observe import Notebook, load_for
from plugin_gateway.config.address import parse_address
from plugin_gateway.errors import UsageError
from plugin_gateway.observation.sighting import Sighting
from tests.observation.world import document

ABOUT = {"event": "observe", "openapi": "openapi.yaml", "upstream": "http://a.test"}
SEEN = Sighting(method="GET", path="/pets", operation_id="listPets", status=200)
UNKNOWN = Sighting(method="GET", path="/toys", in_document=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    document(tmp_path)
    return tmp_path


def test_each_way_to_call_is_written_once_also_by_a_later_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        notebook = Notebook(folder / "seen.jsonl", ABOUT)
        for sighting in (SEEN, UNKNOWN, SEEN):
            notebook.take(sighting)
        notebook.close()

    lines = (folder / "seen.jsonl").read_text().splitlines()
    assert lines == [json.dumps(ABOUT), SEEN.as_line(), UNKNOWN.as_line()]
    assert capsys.readouterr().err == "GET /pets (listPets)\nGET /toys is not in the document: 404\n" * 2


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    notebook = Notebook(Path("-"), ABOUT)
    notebook.take(SEEN)
    notebook.close()

    assert capsys.readouterr().out == f"{json.dumps(ABOUT)}\n{SEEN.as_line()}\n"


def test_a_file_that_cannot_be_written_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        Notebook(folder / "no" / "seen.jsonl", ABOUT)


def test_a_document_is_observed_with_the_credentials_of_the_callers(folder: Path) -> None:
    config = load_for("openapi.yaml", "http://a.test/v1", None, "127.0.0.1:9000").config

    assert config.allow == ()
    assert config.upstream.headers.pass_set_cookie
    assert type(config.upstream.credential[0]).__name__ == "PassthroughCredential"


def test_observe_may_listen_on_the_port_of_a_listener_that_stays_closed(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(
        "openapi: openapi.yaml\nupstream: {url: http://a.test}\nallow: []\nadmin: 127.0.0.1:9000\nmetrics: 127.0.0.1:9001\n"
    )
    for listen in ("127.0.0.1:9000", "127.0.0.1:9001"):
        assert load_for(None, "", Path("gateway.yaml"), listen).config.listen == parse_address(listen)
    assert str(load_for("openapi.yaml", "http://a.test", None, "127.0.0.1:8081").config.listen) == "127.0.0.1:8081"


def test_a_config_is_observed_with_its_credential_and_without_its_lists_and_callers(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(
        "openapi: openapi.yaml\nupstream: {url: http://a.test, credential: {bearer: {value: k}}}\nallow: [gone]\ndeny: [DELETE /**]\n"
        "public: {url: https://b.test/plugin}\nauth: {type: service_http, tokens: [{name: t, value: abcdefghijklmnop}]}\n"
        "consumers: [{name: a, match: {token: t}}]\n"
    )
    config = load_for(None, "http://127.0.0.1:1", None, "127.0.0.1:9000").config

    assert (config.allow, config.deny, config.consumers, config.auth.type) == ((), (), (), "none")
    assert str(config.upstream.url) == "http://127.0.0.1:1"
    assert type(config.upstream.credential[0]).__name__ == "BearerCredential"
    assert config.public.url is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["openapi.yaml"], "name the API with --upstream URL"),
        (["openapi.yaml", "-c", "gateway.yaml", "--upstream", "http://a.test"], "name either SPEC or a config"),
        (["openapi.yaml", "--upstream", "ftp://a.test"], "upstream.url"),
        (["gone.yaml", "--upstream", "http://a.test"], "gone.yaml"),
        (["openapi.yaml", "--upstream", "http://a.test", "--listen", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_on_the_command_line_is_reported(
    folder: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["observe", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not (folder / "seen.jsonl").exists()


@pytest.mark.parametrize(
    ("listen", "is_warned"),
    [
        ("127.0.0.1:9000", False),
        ("[::1]:9000", False),
        ("unix:/tmp/x.sock", False),
        ("0.0.0.0:9000", True),
        (":9000", True),
    ],
)
def test_a_listener_that_others_reach_gets_a_loud_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, listen: str, capsys: pytest.CaptureFixture[str], *, is_warned: bool
) -> None:
    monkeypatch.setattr(
        "plugin_gateway.server.observer.observe",
        lambda revision, finder, address, take, started: started(parse_address(listen)),
    )

    assert run(["observe", "openapi.yaml", "--upstream", "http://a.test", "--listen", listen]) == 0
    shown = capsys.readouterr().err
    assert ("can call every operation of the API" in shown) is is_warned
    assert "next: plugin-gateway suggest seen.jsonl" in shown
    assert observe.command.name == "command"


def test_a_credential_of_the_config_is_lent_with_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "plugin_gateway.server.observer.observe",
        lambda revision, finder, address, take, started: started(parse_address("127.0.0.1:9000")),
    )
    (folder / "gateway.yaml").write_text(
        "openapi: openapi.yaml\nupstream: {url: http://a.test, credential: {bearer: {value: abcdefghijklmnop}}}\nallow: []\n"
    )

    assert run(["observe"]) == 0
    assert "every program on this machine can call the API with the credential of the config" in capsys.readouterr().err
    assert run(["observe", "openapi.yaml", "--upstream", "http://a.test"]) == 0
    assert "credential" not in capsys.readouterr().err
