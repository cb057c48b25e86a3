"""`python -m benchmarks`: measure every scenario on every peer in one run, and show ratios.

Each round loads every peer in turn, so a machine that slows down slows all of them. The table shows the medians of the
rounds. The command installs nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.measure import Sample, free_port, load, running
from benchmarks.peers import PEERS, Command, Peer, Site, missing
from benchmarks.world import GATEWAY_CPU, LOAD_CPU, SCENARIOS, Scenario, write_upstream

OURS = ("plugin-gateway", "plugin-gateway compiled")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds (3)")
    parser.add_argument("--seconds", type=int, default=3, help="duration of each load (3)")
    parser.add_argument("--peers", default="", help="comma-separated names (default: all installed peers)")
    parser.add_argument("--scenarios", default="", help="parts of names, separated by semicolons (default: all)")
    parser.add_argument(
        "--output", type=Path, default=Path("benchmarks/results"), help="folder for the results (benchmarks/results)"
    )
    options = parser.parse_args()

    for line in missing():
        print("missing:", line, file=sys.stderr)
    wanted = [name.lower() for name in options.peers.split(",") if name]
    peers = [peer for peer in PEERS if peer.is_installed() and (not wanted or peer.name.lower() in wanted)]
    parts = [part for part in options.scenarios.split(";") if part]
    scenarios = [one for one in SCENARIOS if not parts or any(part in one.name for part in parts)]

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        results = measure(Path(name), peers, scenarios, options.rounds, options.seconds)
    report = {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "system": platform.platform(), "python": platform.python_version()},
        "versions": {peer.name: _version(peer) for peer in peers},
        "rounds": options.rounds,
        "seconds": options.seconds,
        "results": results,
    }
    text = table(report, [peer.name for peer in peers])
    options.output.mkdir(parents=True, exist_ok=True)
    stem = options.output / report["date"].replace(":", "")
    stem.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    stem.with_suffix(".md").write_text(text)
    print(text)
    print(f"written: {stem}.json, {stem}.md", file=sys.stderr)


def measure(
    folder: Path, peers: list[Peer], scenarios: list[Scenario], rounds: int, seconds: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Load each peer in turn, round after round. Return the medians by scenario and peer."""
    folder.chmod(0o755)
    upstream_port = free_port()
    upstream = Command(argv=("nginx", "-p", str(folder), "-c", str(write_upstream(folder, upstream_port))))
    samples: dict[tuple[str, str], list[Sample]] = {}
    with ExitStack() as stack:
        stack.enter_context(running(upstream, upstream_port, LOAD_CPU, folder / "upstream.log"))
        for operations, has_access_log in sorted({_duties(scenario) for scenario in scenarios}):
            asked = [scenario for scenario in scenarios if _duties(scenario) == (operations, has_access_log)]
            with ExitStack() as group:
                started = []
                for peer in peers:
                    own, port = Path(mkdtemp(dir=folder)), free_port()
                    own.chmod(0o755)
                    site = Site(
                        folder=own,
                        port=port,
                        upstream_port=upstream_port,
                        operations=operations,
                        has_access_log=has_access_log,
                    )
                    pid = group.enter_context(running(peer.configure(site), port, GATEWAY_CPU, own / "output.log"))
                    started.append((peer, port, pid))
                for scenario in asked:
                    for _ in range(rounds):
                        for peer, port, pid in started:
                            sample = load(scenario, port, pid, seconds, folder)
                            samples.setdefault((scenario.name, peer.name), []).append(sample)
                            _progress(scenario, peer, sample)
    results: dict[str, dict[str, dict[str, float]]] = {}
    for (scenario_name, peer_name), taken in samples.items():
        columns = [asdict(sample) for sample in taken]
        medians = {key: statistics.median(column[key] for column in columns) for key in columns[0]}
        results.setdefault(scenario_name, {})[peer_name] = medians
    return results


def _duties(scenario: Scenario) -> tuple[int, bool]:
    return scenario.operations, scenario.has_access_log


def table(report: dict[str, object], names: list[str]) -> str:
    """Render the result as Markdown: one table per scenario, with the gateway's rates also as ratios to each peer's."""
    machine, results = report["machine"], report["results"]
    assert isinstance(results, dict)
    lines = [f"# Benchmark of {report['date']}", "", f"{machine}", ""]
    lines += [f"* {name}: {version}" for name, version in report["versions"].items()]  # type: ignore[attr-defined]  # JSON
    for scenario, by_peer in results.items():
        lines += ["", f"## {scenario}", ""]
        columns = "requests/s | Python / theirs | compiled / theirs | p50 ms | p99 ms | CPU µs/request | in the kernel"
        lines += [f"| | {columns} | RSS MiB | errors |"]
        lines += ["|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
        ours = [by_peer.get(name, {}).get("rate") for name in OURS]
        for name in names:
            figures = by_peer[name]
            ratios = [f"{rate / figures['rate']:.2f}" if rate and figures["rate"] else "-" for rate in ours]
            lines.append(
                f"| {name} | {figures['rate']:,.0f} | {ratios[0]} | {ratios[1]} | {figures['p50_s'] * 1e3:.2f}"
                f" | {figures['p99_s'] * 1e3:.2f} | {figures['cpu_us']:.1f} | {figures['system_share']:.0%}"
                f" | {figures['rss_bytes'] / 2**20:.0f} | {figures['errors']:.0f} |"
            )
    return "\n".join(lines) + "\n"


def _progress(scenario: Scenario, peer: Peer, sample: Sample) -> None:
    if sys.stderr.isatty() or sample.errors:
        print(f"{scenario.name:32} {peer.name:18} {sample.rate:10,.0f}/s errors {sample.errors}", file=sys.stderr)


def _version(peer: Peer) -> str:
    done = subprocess.run(peer.version_argv, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    line = next((line.strip() for line in lines if line.strip()), "unknown")
    return line.replace(peer.version_argv[0], Path(peer.version_argv[0]).name)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
