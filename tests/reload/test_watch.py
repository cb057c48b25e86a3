import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.reload import watch as watch_module
from plugin_gateway.reload.fingerprint import fingerprints
from plugin_gateway.reload.watch import FileWatch, changes, directories
from tests.bounds import BOUND_S


def seen(path: Path, act: Callable[..., Any], *, extra: Sequence[Path] = ()) -> bool:
    """Watch, act once the watch is on, and return whether a change was seen within 5 s."""

    async def watch() -> bool:
        watched = fingerprints([path, *extra])
        found = changes(watched)
        first = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0)
        await asyncio.to_thread(act)
        try:
            await asyncio.wait_for(first, BOUND_S)
        finally:
            await found.aclose()
        return True

    return asyncio.run(watch())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.yaml"
    path.write_text("a: 1\n")
    return path


def test_a_file_that_is_written_to_is_seen(path: Path) -> None:
    assert seen(path, lambda: path.write_text("a: 22\n"))


def test_a_file_that_an_editor_replaces_is_seen(path: Path) -> None:
    def save() -> None:
        other = path.with_name(".gateway.yaml.swp")
        other.write_text("a: 2\n")
        other.replace(path)

    assert seen(path, save)


def test_the_symlink_swap_of_a_kubernetes_volume_is_seen(tmp_path: Path) -> None:
    for name, content in (("..1", "a: 1\n"), ("..2", "a: 2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gateway.yaml").write_text(content)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "gateway.yaml").symlink_to("..data/gateway.yaml")

    def swap() -> None:
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")

    assert seen(tmp_path / "gateway.yaml", swap)


def test_permissions_that_change_are_seen(path: Path) -> None:
    assert seen(path, lambda: path.chmod(0o600))


def test_a_file_in_a_folder_that_appears_is_seen(path: Path) -> None:
    def appear() -> None:
        (path.parent / "new").mkdir()
        (path.parent / "new" / "openapi.yaml").write_text("x")

    assert seen(path, appear, extra=[path.parent / "new" / "openapi.yaml"])


def test_a_file_that_appears_is_seen(path: Path) -> None:
    assert seen(path, lambda: path.with_name("key").write_text("x"), extra=[path.with_name("key")])


def test_a_change_between_reading_and_watching_is_seen(path: Path) -> None:
    before = fingerprints([path])
    path.write_text("a: 22\n")

    async def first_change() -> None:
        found = changes(before)
        await asyncio.wait_for(anext(found), BOUND_S)
        await found.aclose()

    asyncio.run(first_change())


def test_a_change_beside_a_watched_file_is_not_reported(path: Path) -> None:
    async def watch() -> set[Any]:
        found = changes(fingerprints([path]))
        change = asyncio.ensure_future(anext(found))
        await asyncio.to_thread(path.with_name("unrelated").write_text, "x")
        done, _ = await asyncio.wait([change], timeout=0.5)
        change.cancel()
        await asyncio.gather(change, return_exceptions=True)
        return done

    assert not asyncio.run(watch())


def test_both_the_named_and_the_real_directory_are_watched(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("x")
    (tmp_path / "link").symlink_to("real/file")
    assert {*directories([tmp_path / "link"])} == {tmp_path, tmp_path / "real"}
    assert directories([tmp_path / "gone" / "file"]) == ()


def test_a_path_that_cannot_be_looked_up_is_not_watched(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert {*directories([tmp_path / "loop"])} <= {tmp_path}
    assert directories([tmp_path / ("x" * 300) / "file"]) == ()


def test_a_watch_looks_at_the_last_set_of_files(path: Path) -> None:
    other = path.with_name("other")

    async def watch() -> None:
        changed = asyncio.Event()
        files = FileWatch(changed.set, lambda error: pytest.fail(str(error)))
        files.look_at(fingerprints([path]))
        files.look_at(fingerprints([other]))
        await asyncio.to_thread(other.write_text, "x")
        await asyncio.wait_for(changed.wait(), BOUND_S)
        await files.stop()

    asyncio.run(watch())


def test_a_kernel_without_free_watches_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: dict[str, Any]) -> AsyncIterator[None]:
        raise OSError("no space left")
        yield

    monkeypatch.setattr(watch_module, "changes", fail)

    async def watch() -> Any:
        failed = asyncio.get_running_loop().create_future()
        FileWatch(pytest.fail, failed.set_result).look_at({})
        return await asyncio.wait_for(failed, BOUND_S)

    assert str(asyncio.run(watch())) == "no space left"


def test_look_now_reports_a_change_at_once_and_the_later_event_does_not_repeat_it(path: Path) -> None:
    async def look() -> int:
        told = asyncio.Queue[None]()
        watch = FileWatch(lambda: told.put_nowait(None), lambda error: pytest.fail(str(error)))
        watch.look_now()
        watch.look_at(fingerprints([path]))
        watch.look_now()
        path.write_text("a: 22\n")
        watch.look_now()
        await asyncio.wait_for(told.get(), BOUND_S)
        # An event tells the next change, after the event of the first.
        await asyncio.to_thread(path.write_text, "a: 333\n")
        await asyncio.wait_for(told.get(), BOUND_S)
        await watch.stop()
        return told.qsize()

    assert asyncio.run(look()) == 0
