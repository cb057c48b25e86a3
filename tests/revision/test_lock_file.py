from pathlib import Path

import pytest

from plugin_gateway.errors import ConfigError
from plugin_gateway.lock.copy import LockedCopy, write_copy
from plugin_gateway.lock.lock import Lock
from plugin_gateway.lock.text import write_lock
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision import lock_file
from plugin_gateway.revision.lock_file import copy_path, load_copy, load_lock, lock_path

LOCK = Lock(document="sha256:" + "0" * 32)


@pytest.mark.parametrize(
    ("config", "lock"),
    [
        (Path("/etc/gateway.yaml"), Path("/etc/gateway.lock")),
        (Path("prod.yml"), Path("prod.lock")),
        (Path("config"), Path("config.lock")),
        (Path("-"), Path("gateway.lock")),
        (None, Path("gateway.lock")),
    ],
)
def test_the_lock_is_beside_the_config(config: Path | None, lock: Path) -> None:
    assert lock_path(config) == lock


def test_a_lock_is_read_and_on_file_is_called_even_if_it_is_missing(tmp_path: Path) -> None:
    path, told = tmp_path / "gateway.lock", list[Path]()
    assert load_lock(path, told.append) is None
    path.write_text(write_lock(LOCK))
    assert load_lock(path, told.append) == LOCK
    assert told == [path, path]


@pytest.mark.parametrize("content", [b"\xff", b"#" * 100, None])
def test_a_lock_that_cannot_be_read_is_a_finding(
    tmp_path: Path, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gateway.lock"
    monkeypatch.setattr(lock_file, "MAX_LOCK_BYTES", 50)
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(
        ConfigError, match=r"gateway\.lock: error\[unreadable\]: the lock cannot be read: .*plugin-gateway lock"
    ):
        load_lock(path)


def test_a_copy_lies_beside_the_lock_and_another_file_in_its_place_is_not_read(tmp_path: Path) -> None:
    assert copy_path(tmp_path / "prod.yaml") == tmp_path / "prod.locked.json"
    path = tmp_path / "gateway.locked.json"
    assert load_copy(path) is None
    path.write_text("{}")
    assert load_copy(path) is None
    copy = LockedCopy(document=Document(root={"openapi": "3.1.0", "info": {}, "paths": {}}, name="t"), names=("GET /",))
    path.write_bytes(write_copy(copy))
    read = load_copy(path)
    assert read is not None
    assert (read.document.root, read.names) == (copy.document.root, copy.names)
