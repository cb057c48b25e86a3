import errno
import fcntl
import os
from pathlib import Path

import pytest

from plugin_gateway.telemetry import trail as module
from plugin_gateway.telemetry.chain import START, breaks_in
from plugin_gateway.telemetry.trail import Trail, head_path, stored_end


def breaks(*files: Path) -> list[int]:
    end = stored_end(files[-1])
    assert end is not None
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    return [one.line for one in breaks_in(lines, first=START, last=end.head)]


def test_writers_in_turn_make_one_chain(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    trails = [Trail(file) for _ in range(3)]
    for number in range(30):
        assert trails[number % 3].write([{"n": number}] * (number % 4)) is None
    assert breaks(file) == []
    assert file.read_bytes().count(b"\n") == sum(number % 4 for number in range(30))


def test_processes_at_the_same_time_make_one_chain(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            trail = Trail(file)
            for number in range(50):
                trail.write([{"n": number}])
            trail.close(5)
            os._exit(trail.lost)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert breaks(file) == []
    assert file.read_bytes().count(b"\n") == 150


def test_both_files_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    Trail(file).write([{}])
    assert [path.stat().st_mode & 0o777 for path in (file, head_path(file))] == [0o600, 0o600]


def test_after_a_rename_a_new_file_continues_the_chain(tmp_path: Path) -> None:
    file, older = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    trail = Trail(file)
    trail.write([{}, {}])
    file.rename(older)
    trail.write([{}])
    assert breaks(older, file) == []
    assert breaks(file) == [1]


def test_entries_wait_while_another_process_holds_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    trail = Trail(file)
    trail.write([{"n": 1}])
    with head_path(file).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert trail.write([{"n": 2}]) is None
        assert file.read_bytes().count(b"\n") == 1
    trail.write([{"n": 3}])
    assert (file.read_bytes().count(b"\n"), trail.lost, breaks(file)) == (3, 0, [])


def test_too_many_waiting_entries_are_lost_counted_and_mentioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 1)
    file = tmp_path / "audit.jsonl"
    trail = Trail(file)
    trail.write([{}])
    with head_path(file).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        trail.write([{}, {}])
    trail.write([{"n": 3}])
    assert b'"event":"lost","entries":2' in file.read_bytes().splitlines()[1]
    assert (trail.lost, breaks(file)) == (2, [])


def test_a_lock_that_is_never_freed_loses_the_waiting_entries_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    trail = Trail(file)
    trail.write([{}])
    with head_path(file).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        trail.write([{}])
        trail.close(0.01)
        assert trail.lost == 1


def test_a_missing_folder_is_reported_and_the_lost_entries_are_recorded_later(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    trail = Trail(folder / "audit.jsonl")
    assert isinstance(trail.write([{}]), FileNotFoundError)
    folder.mkdir()
    assert trail.write([{}]) is None
    assert b'"event":"lost","entries":1' in trail.file.read_bytes()
    assert (trail.lost, breaks(trail.file)) == (1, [])


def test_a_failure_lasts_until_an_entry_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    trail, other = Trail(folder / "audit.jsonl"), Trail(folder / "audit.jsonl")
    assert trail.write([{}]) is not None
    assert trail.write([]) is not None
    folder.mkdir()
    other.write([{}])
    with head_path(trail.file).open() as heads:
        fcntl.flock(heads, fcntl.LOCK_EX)
        assert trail.write([{}]) is not None
        assert trail.lost == 1
    assert trail.write([]) is None


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "audit.jsonl"
    trail = Trail(file)
    trail.write([{"n": 1}])
    write = os.write

    def fill(descriptor: int, octets: bytes) -> int:
        write(descriptor, octets[:9])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", fill)
        assert isinstance(trail.write([{"n": 2}]), OSError)
    trail.write([{"n": 3}])
    assert (trail.lost, breaks(file)) == (1, [])
    assert file.read_bytes().count(b"\n") == 3


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.symlink_to(tmp_path / "elsewhere")
    assert isinstance(Trail(file).write([{}]), OSError)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_without_a_head_has_no_known_end(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"{}\n")
    assert stored_end(file) is None
    head_path(file).write_text("no head")
    assert stored_end(file) is None


def test_the_end_is_read_only_when_no_process_writes(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    Trail(file).write([{}])
    with head_path(file).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            stored_end(file, timeout_s=0.01)
