"""`python -m clients.generated_calls FOLDER`: schemathesis calls a gateway by each document of a folder, validly and invalidly, at its strictest.

The gateway enforces the description of each call and answer. The API behind it is `clients.sampling_api`. See `clients/__main__.py` for
the folder; without one, the document is the example API's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clients.__main__ import MANIFEST, allow_lists, sources_in
from clients.programs import ROOT, START_BOUND_S, free_port, start, without_proxy
from clients.sampling_api import SamplingApi
from plugin_gateway.openapi.read.source import read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXAMPLE = ROOT / "examples/legacy_api/openapi.yaml"
_CONFIG = (
    MANIFEST
    + """\
openapi: {source}
upstream: {{url: "http://127.0.0.1:{api}", servers: ignore, credential: {{header: X-Gateway-Key, value: {{env: KEY}}}}}}
public: {{url: "http://127.0.0.1:{port}"}}
validate: {{request: enforce, response: enforce}}
listen: 127.0.0.1:{port}
admin: 127.0.0.1:{admin}
allow: {allow}
"""
)
# The defaults, and the other statuses with which the gateway refuses a call that breaks its description.
_STATUSES = """\
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429", "431", "5xx"]
"""
_RUN_BOUND_S = 900
_CLEAN, _FAILURES = 0, 1


class Outcome(NamedTuple):
    """What schemathesis found at one document."""

    failures: dict[str, int]
    """By the title of the failure."""
    told: str
    """What schemathesis printed."""
    left_out: dict[str, int]
    """The cases that were not sent, by the reason."""
    operations: int = 0
    calls: int = 0
    slowest_s: float = 0


def main() -> int:
    """Print a row for each document, and on standard error what schemathesis says of failures. Return 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m clients.generated_calls", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", help="has `open/NAME`, and lists of operations `allow/NAME.txt`"
    )
    parser.add_argument("--only", default="", help="parts of the names of documents, separated by commas")
    parser.add_argument("--examples", type=int, default=20, help="calls of each operation and kind (%(default)s)")
    parser.add_argument("--seed", type=int, help="repeat the run that printed this seed")
    arguments = parser.parse_args()
    sources = sources_in(arguments.folder / "open") if arguments.folder else [EXAMPLE]
    parts = arguments.only.split(",")
    failed = 0
    print("| document | operations | calls | slowest call | left out | failures |\n|---|---|---|---|---|---|")
    for source in sources:
        if not any(part in source.name for part in parts):
            continue
        listed = arguments.folder / "allow" / f"{source.name}.txt" if arguments.folder else None
        allowed = allow_lists(read_document(str(source)), listed)["ten mixed"]
        with running_gateway(source, allowed) as (url, served, skipped):
            found = outcome_of(served, url, arguments.examples, skipped, arguments.seed)
        operations = f"{found.operations}, without {', '.join(skipped)}" if skipped else str(found.operations)
        failures, left_out = (
            "; ".join(f"{count} {title}" for title, count in counts.items()) or "none"
            for counts in (found.failures, found.left_out)
        )
        print(
            f"| {source.name} | {operations} | {found.calls} | {found.slowest_s:.2f} s | {left_out} | {failures} |",
            flush=True,
        )
        if found.failures:
            print(found.told, file=sys.stderr)
        failed += len(found.failures)
    return 1 if failed else 0


@contextmanager
def running_gateway(source: Path, allowed: Sequence[str]) -> Iterator[tuple[str, Path, list[str]]]:
    """Run a gateway and the API behind it. Yield its URL, the served document, and the operations without an answer of the API."""
    api, port, admin = (free_port() for _ in range(3))
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as programs:
        config, served = Path(folder, "gateway.yaml"), Path(folder, "served.json")
        config.write_text(_CONFIG.format(source=source, api=api, port=port, admin=admin, allow=json.dumps(allowed)))
        start(programs, port, "plugin_gateway", "serve", "--config", str(config), KEY="a-key-of-the-upstream")
        with urllib.request.urlopen(url + "/openapi.json", timeout=START_BOUND_S) as answer:
            served.write_bytes(answer.read())
        start(programs, api, "clients.sampling_api", str(api), str(served))
        yield url, served, SamplingApi(json.loads(served.read_bytes())).without_answer


def outcome_of(
    document: Path, url: str, examples: int, skipped: Sequence[str] = (), seed: int | None = None
) -> Outcome:
    """Let schemathesis call a server by a document."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(_STATUSES)
        report, calls, left_out = (Path(folder, name) for name in ("report.json", "calls.har", "left-out.json"))
        command = [str(Path(sys.executable).parent / "schemathesis"), "--no-color", "run", str(document), "--url", url]
        command += ["--checks", "all", "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful"]
        command += ["--max-examples", str(examples), *(("--seed", str(seed)) if seed is not None else ())]
        command += ["--report-json-path", str(report), "--report-har-path", str(calls)]
        command += [text for one in skipped for text in ("--exclude-operation-id", one)]
        hooks = {
            "COLUMNS": "160",
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "clients.schemathesis_hooks",
            "LEFT_OUT": str(left_out),
        }
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_RUN_BOUND_S,
                env=without_proxy() | hooks,
            )
        except subprocess.TimeoutExpired:
            return Outcome({f"it took longer than {_RUN_BOUND_S} s": 1}, "", {})
        told = done.stdout + done.stderr[-2000:]
        if done.returncode not in (_CLEAN, _FAILURES):
            return Outcome({f"it ended with {done.returncode}": 1}, told, {})
        said: dict[str, Any] = json.loads(report.read_bytes())
        entries = json.loads(calls.read_bytes())["log"]["entries"]
        counts = json.loads(left_out.read_bytes())
    return Outcome(
        failures={one["title"]: one["count"] for one in (*said["failures"], *said["errors"])},
        told=told,
        operations=said["operations"]["tested"],
        calls=len(entries),
        slowest_s=max((one["time"] for one in entries), default=0) / 1000,
        left_out=counts,
    )


if __name__ == "__main__":
    sys.exit(main())
