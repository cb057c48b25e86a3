import os
import stat
import tempfile
from pathlib import Path

import pytest

from plugin_gateway.config.address import Address
from plugin_gateway.console.key_file import key_files, read_key, remove_key, write_key

ADMIN = Address("127.0.0.1", 8081)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shared = tmp_path / "tmp"
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    return shared


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_in_the_users_runtime_folder_and_only_the_user_reads_it(runtime: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    path = write_key("secret", ADMIN, environ)
    assert path == runtime / "plugin-gateway-console-8081.key"
    assert mode_of(path) == 0o600
    assert read_key(ADMIN, environ) == "secret"
    assert [one.name for one in runtime.iterdir()] == [path.name]


@pytest.mark.parametrize("where", ["", "relative", "/does/not/exist"])
def test_without_a_runtime_folder_the_key_is_in_a_closed_folder_of_the_temporary_one(
    temporary: Path, where: str
) -> None:
    environ = {"XDG_RUNTIME_DIR": where} if where else {}
    path = write_key("secret", ADMIN, environ)
    assert path == temporary / f"plugin-gateway-{os.getuid()}" / "plugin-gateway-console-8081.key"
    assert mode_of(path.parent) == 0o700
    assert mode_of(path) == 0o600
    assert read_key(ADMIN, environ) == "secret"


def test_a_command_of_another_login_finds_the_key(runtime: Path) -> None:
    write_key("secret", ADMIN, {})
    assert read_key(ADMIN, {"XDG_RUNTIME_DIR": str(runtime)}) == "secret"


def test_a_folder_that_others_can_open_is_not_used(temporary: Path) -> None:
    folder = temporary / f"plugin-gateway-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError):
        write_key("secret", ADMIN, {})
    (folder / "plugin-gateway-console-8081.key").write_text("planted")
    assert read_key(ADMIN, {}) == ""


def test_a_link_that_another_user_put_in_place_of_the_folder_is_not_followed(temporary: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (temporary / f"plugin-gateway-{os.getuid()}").symlink_to(elsewhere)
    with pytest.raises(PermissionError):
        write_key("secret", ADMIN, {})
    assert list(elsewhere.iterdir()) == []


def test_a_folder_of_another_user_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    write_key("secret", ADMIN, {})
    path = key_files(ADMIN, {})[-1].parent
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    path.rename(path.with_name("plugin-gateway-4321"))
    assert read_key(ADMIN, {}) == ""
    with pytest.raises(PermissionError):
        write_key("other", ADMIN, {})


def test_a_link_in_place_of_the_key_is_replaced_and_not_written_through(runtime: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    name = "plugin-gateway-console-8081.key"
    (runtime / name).symlink_to(victim)
    (runtime / f".{name}.{os.getpid()}").symlink_to(victim)
    path = write_key("secret", ADMIN, {"XDG_RUNTIME_DIR": str(runtime)})
    assert victim.read_text() == "precious"
    assert not path.is_symlink()
    assert path.read_text() == "secret\n"


def test_each_admin_listener_has_its_key(runtime: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    addresses = [ADMIN, Address("127.0.0.1", 8082), Address(socket="/run/a.sock"), Address(socket="/run/b.sock")]
    for number, address in enumerate(addresses):
        write_key(str(number), address, environ)
    assert [read_key(address, environ) for address in addresses] == ["0", "1", "2", "3"]


def test_a_gateway_that_ends_removes_its_key_and_not_that_of_the_next(runtime: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    path = write_key("first", ADMIN, environ)
    write_key("second", ADMIN, environ)
    remove_key(path, "first")
    assert read_key(ADMIN, environ) == "second"
    remove_key(path, "second")
    assert not path.exists()
    remove_key(path, "second")
