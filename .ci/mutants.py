#!/usr/bin/env python3
"""Change one expression at a time in the modules that protect the upstream, and fail if the tests do not notice a change.

`python .ci/mutants.py PATTERN...` tries the modules whose paths match; it needs `mutmut` (`make mutants`). mutmut makes the mutations.
They are tried here, because mutmut collects the tests again for each one, which takes hours: here pytest collects them once for each
room, and each mutation gets a fork of that process. The fork replaces the code of one function, and runs the tests that call it.

`equivalent-mutants.toml` lists the mutations that change no answer.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import tomllib
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import CodeType, FrameType, FunctionType

    import libcst

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent-mutants.toml")
MASKING = (
    "known_secrets", "lookalikes", "masking", "secret_forms", "secret_index", "sieve", "spelling", "unescaped", "wrapping",
)  # fmt: skip
ROOMS: tuple[tuple[list[str], list[str]], ...] = (
    (["plugin_gateway/gate/*.py"], ["tests/gate"]),
    (["plugin_gateway/credentials/*.py"], ["tests/credentials"]),
    (["plugin_gateway/proxy/wire.py"], ["tests/proxy/test_wire.py"]),
    ([f"plugin_gateway/proxy/{name}.py" for name in MASKING], [f"tests/proxy/test_{name}.py" for name in MASKING]),
)
"""The modules to change, and the tests to run for them."""
# Excluded tests count function calls.
PYTEST = [
    "--override-ini=addopts=--import-mode=importlib", "--capture=no", "--hypothesis-profile=mutants", "-k not test_the_work_does_not",
    *(f"-pno:{plugin}" for plugin in ("anyio", "cacheprovider", "schemathesis", "terminal", "xdist")),
]  # fmt: skip
FAILED = 1 << 8
"""The status of a process that exits with 1, as `waitpid` gives it."""
AT_ONCE = 2 * (os.cpu_count() or 1)
MOST_BYTES = 2**30
"""The address space of a process. An endless loop that fills a list would otherwise take the memory of the machine."""
SPARE_S = 2
"""CPU time for a mutation, beyond five times what its tests take without it."""


Key: TypeAlias = tuple[str, str, str]
"""What an entry of the list says of a mutation: the function, and its lines before and after."""


class Mutation(NamedTuple):
    """One change of one function: its lines before and after, and its text after."""

    module: str
    function: str
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.module}.{self.function}"

    @property
    def key(self) -> Key:
        return self.name, self.before, self.after


def mutations_of(path: Path) -> Iterator[Mutation]:
    import libcst  # noqa: PLC0415  # the tests of the list need no mutmut
    from mutmut.mutation.file_mutation import create_mutations, deep_replace  # noqa: PLC0415  # the tests of the list need no mutmut

    text = path.read_text()
    tree, mutations, *_ = create_mutations(str(path), text)
    functions: dict[libcst.CSTNode, str] = {}
    for node in tree.body:
        if isinstance(node, libcst.FunctionDef):
            functions[node] = node.name.value
        elif isinstance(node, libcst.ClassDef):
            methods = (each for each in node.body.body if isinstance(each, libcst.FunctionDef))
            functions |= {each: f"{node.name.value}.{each.name.value}" for each in methods}
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for mutation in mutations:
        function = mutation.contained_by_top_level_function
        if function not in functions:
            continue
        before = tree.code_for_node(function)
        changed = cast("libcst.CSTNode", deep_replace(function, mutation.original_node, mutation.mutated_node))
        after = tree.code_for_node(changed)
        yield Mutation(module, functions[function], *differing_lines(before, after), after)


def differing_lines(before: str, after: str) -> tuple[str, str]:
    """Return the lines from the first to the last that differ, joined."""
    old, new = ([line.strip() for line in text.split("\n") if line.strip()] for text in (before, after))
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return " ".join(old), " ".join(new)


def wrong_entries(listed: Collection[Key], mutations: Collection[Mutation], survived: Collection[Key]) -> Iterator[str]:
    """Yield a message for each entry of the list that does not stand for one mutation that passes all tests."""
    matching = Counter(mutation.key for mutation in mutations)
    for key in sorted(listed):
        function, before, after = key
        entry = f"{EQUIVALENT.name}: `{before}` -> `{after}` in {function}"
        if matching[key] == 0:
            yield f"{entry} is no mutation; take the entry out"
        elif matching[key] > 1:
            yield f"{entry} is {matching[key]} mutations; change the code so that their lines differ"
        elif key not in survived:
            yield f"{entry}: the tests notice it; take the entry out"


def function_of(names: Mapping[str, object], qualified: str) -> FunctionType:
    *classes, name = qualified.split(".")
    for each in classes:
        names = vars(names[each])
    found = names[name]
    return cast("FunctionType", found.__func__ if isinstance(found, staticmethod | classmethod) else found)


def replace_code(mutation: Mutation) -> None:
    """Replace the code of a function where it stands, so that each module that has imported it calls the new one."""
    names = vars(sys.modules[mutation.module])
    text = mutation.text
    for each in mutation.function.split(".")[:-1]:
        text = f"class {each}:\n" + "".join(f"    {line}" for line in text.splitlines(keepends=True))
    fresh = dict(names)
    exec(compile(text, mutation.module, "exec"), fresh)  # noqa: S102
    old, new = function_of(names, mutation.function), function_of(fresh, mutation.function)
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


class Trial:
    """A plugin for pytest that runs the collected tests for each mutation."""

    def __init__(self, mutations: list[Mutation], listed: Collection[Key]) -> None:
        self.mutations = mutations
        self.listed = listed
        self.known: set[Key] = set()
        self.survivors = self.endless = self.untried = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            print("the tests could not be collected; `make test` says why", file=sys.stderr)
            return True
        callers, cost_s = self._callers(session)
        running: dict[int, Mutation] = {}
        for mutation in self.mutations:
            tests = sorted(callers[mutation.name], key=cost_s.__getitem__)
            if len(running) == AT_ONCE:
                self._judge(running)
            running[self._start(session, mutation, tests, sum(cost_s[test] for test in tests))] = mutation
        while running:
            self._judge(running)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """End a process that has used up its memory, before pytest renders the error, which needs more."""
        if call.excinfo is not None and call.excinfo.errisinstance(MemoryError):
            os._exit(os.waitstatus_to_exitcode(FAILED))

    def pytest_internalerror(self, excrepr: object) -> None:
        """Print the error, because pytest's own terminal is switched off."""
        print(excrepr, file=sys.stderr, flush=True)

    def _callers(self, session: pytest.Session) -> tuple[dict[str, list[int]], list[float]]:
        """Run all tests; return which of them call each function, and how long each takes.

        In a fork, so that functions with a cache know no result yet when a mutation is tried.
        """
        functions: dict[CodeType, str] = {}
        for mutation in self.mutations:
            code = function_of(vars(sys.modules[mutation.module]), mutation.function).__code__
            functions[code] = mutation.name
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            callers: dict[str, list[int]] = {name: [] for name in functions.values()}
            cost_s: list[float] = []

            def on_event(frame: FrameType, event: str, _: object) -> None:
                name = functions.get(frame.f_code)
                if name is not None and event == "call" and callers[name][-1:] != [len(cost_s)]:
                    callers[name].append(len(cost_s))

            for item in session.items:
                begun_s = time.process_time()
                sys.setprofile(on_event)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                sys.setprofile(None)
                if session.testsfailed:
                    print(f"{item.nodeid} fails without a mutation", file=sys.stderr, flush=True)
                    os._exit(1)
                cost_s.append(time.process_time() - begun_s)
            with os.fdopen(writer, "w") as pipe:
                json.dump([callers, cost_s], pipe)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told = pipe.read()
        if os.waitpid(pid, 0)[1] != 0:
            raise session.Failed
        callers, cost_s = json.loads(told)
        return callers, cost_s

    def _start(self, session: pytest.Session, mutation: Mutation, tests: list[int], cost_s: float) -> int:
        limit_s = SPARE_S + int(5 * cost_s)
        pid = os.fork()
        if pid == 0:
            try:
                # A mutation may cause an endless loop, or wait for what never comes; a busy machine is only slow.
                resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
                resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
                signal.alarm(100 * limit_s)
                replace_code(mutation)
                for test in tests:
                    item = session.items[test]
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                    if session.testsfailed:
                        os._exit(os.waitstatus_to_exitcode(FAILED))
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(2)
        return pid

    def _judge(self, running: dict[int, Mutation]) -> None:
        """Wait until the tests of one mutation have ended."""
        pid, status = os.wait()
        mutation = running.pop(pid)
        if os.WIFSIGNALED(status):
            self.endless += 1
        elif status not in {0, FAILED}:
            self.untried += 1
            print(f"{mutation.key} could not be tried", file=sys.stderr, flush=True)
        elif status == 0 and mutation.key in self.listed:
            self.known.add(mutation.key)
        elif status == 0:
            self.survivors += 1
            print(f"{mutation.name}\n  - {mutation.before}\n  + {mutation.after}", flush=True)


def main(patterns: list[str]) -> int:
    paths: list[Path] = []
    tests: list[str] = []
    for modules, own_tests in ROOMS:
        every = sorted(path for module in modules for path in ROOT.glob(module))
        if chosen := [path for path in every if not patterns or any(path.match(pattern) for pattern in patterns)]:
            paths += chosen
            tests += own_tests
    mutations = [mutation for path in paths for mutation in mutations_of(path)]
    tried = {mutation.name for mutation in mutations}
    entries = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    listed = {
        (one["function"], one["before"], one["after"]) for one in entries if not patterns or one["function"] in tried
    }
    trial = Trial(mutations, listed)
    if not paths or pytest.main([*PYTEST, *tests], plugins=[trial]) != 0:
        return 1
    wrong = list(wrong_entries(listed, mutations, trial.known))
    for message in wrong:
        print(message)
    print(
        f"{len(trial.mutations)} mutations: {trial.survivors} pass all tests, {len(trial.known)} are known to change nothing, "
        f"{trial.endless} did not end"
    )
    return 1 if trial.survivors or trial.untried or wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
