"""`python -m clients`: make the virtual environments, load documents with each client, make one call through each."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from clients.bookshop import DOCUMENT
from clients.catalogue import CLIENTS, Client
from clients.programs import INSTALL_BOUND_S, ROOT, SCRIPT_BOUND_S, SCRIPTS, free_port, run_script, start
from plugin_gateway.config.load import load_text
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.revision.compile import compile_revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.openapi.document import Document

VENVS = ROOT / ".venv-clients"
PUBLIC_URL = "https://plugin.example.com"
FACES = {"served 3.1": "/openapi.json", "served 3.0": "/openapi.json?profile=3.0", "lean": "/openapi.json?profile=lean"}
SENT = {
    "shelf": "s1",
    "notify": "yes",
    "reason": "a gift",
    "keyed": True,
    "title": "Emma",
    "pages": 512,
}
MOST_WRITES = 60
MANIFEST = """\
manifest:
  name_for_human: Trial
  name_for_model: trial
  description_for_human: A trial.
  description_for_model: A trial.
  contact_email: api@example.com
  legal_info_url: https://plugin.example.com/legal
"""
_CONFIG = (
    MANIFEST
    + """\
openapi: ./document.json
upstream: {url: https://api.example.com, credential: {header: X-Api-Key, value: {env: KEY}}}
public: {url: %s}
"""
)


class Shown(NamedTuple):
    """A document for a client: the API's document, or a face of the served document for one allow-list."""

    source: str
    allow: str
    face: str
    path: Path
    operations: int


def main() -> int:
    """Print the tables. Return 1 if a client loads a source document but not all of a served one, or if a call fails."""
    parser = argparse.ArgumentParser(prog="python -m clients", description=__doc__)
    parser.add_argument("--only", default="", help="names of virtual environments, separated by commas")
    parser.add_argument("--venvs", type=Path, default=VENVS, help="folder of the virtual environments (%(default)s)")
    parser.add_argument(
        "--corpus",
        type=Path,
        help="folder with documents `open/NAME`, some with a list of operations `allow/NAME.txt`",
    )
    steps = parser.add_mutually_exclusive_group()
    steps.add_argument("--install-only", action="store_true", help="only make the virtual environments")
    steps.add_argument("--calls-only", action="store_true", help="load no documents, only make the calls")
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    if unknown := only - {client.venv for client in CLIENTS}:
        parser.error(f"unknown client {', '.join(unknown)}; known are {', '.join(client.venv for client in CLIENTS)}")
    clients = [client for client in CLIENTS if not only or client.venv in only]
    pythons = {client: make_venv(arguments.venvs.absolute() / client.venv, client) for client in clients}
    if arguments.install_only:
        return 0
    versions = {client: version_of(pythons[client], client) for client in clients}
    failed = try_calls(pythons, versions)
    if not arguments.calls_only:
        with tempfile.TemporaryDirectory() as folder:
            failed += try_documents(pythons, list(shown_documents(Path(folder), arguments.corpus)))
    return 1 if failed else 0


def make_venv(folder: Path, client: Client) -> Path:
    """Install `client` into `folder` if it is missing there. Return its Python."""
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join(client.requirements)
    if not (stamp.exists() and stamp.read_text() == wanted):
        print(f"installing {client.requirements[0]} into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_BOUND_S)
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, *client.requirements], check=True, timeout=INSTALL_BOUND_S)
        stamp.write_text(wanted)
    return python


def version_of(python: Path, client: Client) -> str:
    package = client.requirements[0].partition("=")[0]
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True, timeout=SCRIPT_BOUND_S)
    return done.stdout.strip()


def shown_documents(folder: Path, corpus: Path | None) -> Iterator[Shown]:
    """Write the documents for the clients into `folder`: each whole source, and each face for three allow-lists."""
    sources = [ROOT / "examples/legacy_api/openapi.yaml"]
    if corpus:
        sources += sources_in(corpus / "open")
    for source in sources:
        document = read_document(str(source))
        path = folder / f"{source.name}.source.json"
        data = source.read_bytes()
        path.write_bytes(
            data
            if source.suffix == ".json"
            # Dates and keys such as `200` become strings in JSON.
            else json.dumps(yaml.load(data, yaml.CSafeLoader), default=str).encode()
        )
        yield Shown(source.name, "", "source", path, len(document.operations))
        listed = corpus / "allow" / f"{source.name}.txt" if corpus else None
        for allow, entries in allow_lists(document, listed).items():
            config = _CONFIG % PUBLIC_URL + "allow: " + json.dumps(entries)
            loaded = load_text(config, path=folder / "gateway.yaml", environ={"KEY": "a-key-of-the-upstream"})
            faces = compile_revision(loaded, document, number=1).faces
            for face, name in FACES.items():
                path = folder / f"{source.name}.{allow}.{face.replace(' ', '-')}.json"
                path.write_bytes(faces[name].body)
                yield Shown(source.name, allow, face, path, len(entries))


def sources_in(folder: Path) -> list[Path]:
    """Return the documents that the first column of `INDEX.tsv` lists; without this file, all documents in the folder."""
    index = folder / "INDEX.tsv"
    if index.exists():
        _, *rows = index.read_text().splitlines()
        return [folder / row.partition("\t")[0] for row in rows]
    return sorted(path for path in folder.iterdir() if path.suffix in (".json", ".yaml", ".yml"))


def allow_lists(document: Document, listed: Path | None) -> dict[str, list[str]]:
    """Choose three allow-lists: one GET, ten operations of any method, and writes."""
    operations = [str(key) for key in document.operations]
    gets = [key for key in operations if key.startswith("GET ")]
    if listed and listed.exists():
        mixed = [line.strip() for line in listed.read_text().splitlines() if line.strip()]
    else:
        mixed = operations[:: max(1, len(operations) // 10)]
    writes = [key for key in operations if not key.startswith("GET ")]
    return {"one GET": gets[len(gets) // 2 :][:1], "ten mixed": mixed, "writes": writes[:MOST_WRITES]}


def try_documents(pythons: dict[Client, Path], documents: Sequence[Shown]) -> int:
    """Load every document with every client. Print a row for each client and its failures."""
    kinds = ["source", *FACES]
    print("\n| client | " + " | ".join(kinds) + " |\n|---|" + "---|" * len(kinds))
    failures: list[tuple[Client, Shown, str]] = []
    for client, python in pythons.items():
        outcomes = load_all(client, python, documents)
        cells = []
        for kind in kinds:
            of_kind = [shown for shown in documents if shown.face == kind]
            faults = [(shown, fault) for shown in of_kind if (fault := fault_of(shown, outcomes[shown.path]))]
            failures += [(client, shown, fault) for shown, fault in faults]
            cells.append(f"{len(of_kind) - len(faults)} of {len(of_kind)}")
        print(f"| {client.name} | " + " | ".join(cells) + " |", flush=True)
    for kind in kinds:
        print(f"\n{kind}:")
        for client, shown, fault in failures:
            if shown.face == kind:
                print(f"  {client.name}: {shown.source} {shown.allow}: {fault}")
    sources = {(client, shown.source) for client, shown, _ in failures if shown.face == "source"}
    return sum(shown.face != "source" and (client, shown.source) not in sources for client, shown, _ in failures)


def load_all(client: Client, python: Path, documents: Sequence[Shown]) -> dict[Path, dict[str, Any]]:
    paths = "".join(f"{shown.path}\n" for shown in documents)
    outcomes: dict[Path, dict[str, Any]] = {}
    command = [str(python), str(SCRIPTS / f"{client.script}.py"), "load"]
    printed, fault = run_script(command, SCRIPT_BOUND_S * (1 + len(documents)), paths)
    for line in printed.splitlines():
        if line.startswith("{"):
            outcome = json.loads(line)
            outcomes[Path(outcome["path"])] = outcome
    ended = {"error": fault or "the script said nothing about it"}
    return {shown.path: outcomes.get(shown.path, ended) for shown in documents}


def fault_of(shown: Shown, outcome: dict[str, Any]) -> str:
    if "error" in outcome:
        return str(outcome["error"])
    tools = set(outcome["tools"])
    return "" if len(tools) == shown.operations else f"{len(tools)} tools of {shown.operations} operations"


def try_calls(pythons: dict[Client, Path], versions: dict[Client, str]) -> int:
    """Make one call with each client through a running gateway. Print whether the API received it whole."""
    failed = 0
    print("\n| client | version | call by 3.1 | call by 3.0 |\n|---|---|---|---|")
    with running_gateway() as url:
        for client, python in pythons.items():
            faults = [
                fault_of_call(client, python, url + face) for face in ("/openapi.json", "/openapi.json?profile=3.0")
            ]
            failed += sum(map(bool, faults))
            cells = [fault or "arrived" for fault in faults]
            print(f"| {client.name} | {versions[client]} | " + " | ".join(cells) + " |", flush=True)
    return failed


def fault_of_call(client: Client, python: Path, url: str) -> str:
    """Make the call from the document at `url`. Return the failure in one line, or an empty string."""
    command = [str(python), str(SCRIPTS / f"{client.script}.py"), "call", url]
    printed, fault = run_script(command)
    return fault or missing_in(json.loads(printed.splitlines()[-1]))


def missing_in(answer: Any) -> str:
    """Return the arguments that the API did not receive, or an empty string."""
    got = {**answer, **answer.get("body", {})}
    return ", ".join(f"{name}: {got.get(name)!r}" for name, value in SENT.items() if got.get(name) != value)


@contextmanager
def running_gateway() -> Iterator[str]:
    """Run the bookshop and a gateway in front of it; yield the gateway's URL."""
    api, port, admin = (free_port() for _ in range(3))
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as programs:
        Path(folder, "document.json").write_text(json.dumps(DOCUMENT))
        config = Path(folder, "gateway.yaml")
        text = _CONFIG.replace("https://api.example.com,", f"http://127.0.0.1:{api}/api,") % url
        config.write_text(text + "allow: [addBook, GET /shelves]\n")
        start(programs, api, "clients.bookshop", str(api), quiet=False)
        addresses = ("--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}")
        start(
            programs,
            port,
            "plugin_gateway",
            "serve",
            "--config",
            str(config),
            *addresses,
            quiet=False,
            KEY="bookshop-key",
        )
        yield url


if __name__ == "__main__":
    sys.exit(main())
