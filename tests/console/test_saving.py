import json
import os
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.console.preview import preview
from plugin_gateway.console.saving import conflict, save
from plugin_gateway.openapi.document import OperationKey
from tests.console.pets_place import CONFIG, Place

ADD = OperationKey("POST", "/pets")
SAVED = CONFIG + "  - addPet     # POST /pets\n"


def saved(place: Place, *, may_write: bool = True) -> tuple[int, Any]:
    answer = save(place.material, preview(place.material, place.material.reading(), [ADD], []), may_write=may_write)
    return answer.status, json.loads(answer.body)


def test_one_line_is_written_and_the_answer_has_the_new_base(place: Place) -> None:
    status, members = saved(place)

    assert status == 200
    assert place.config.read_text() == SAVED
    assert members["base"] == place.material.reading().base
    assert sorted(path.name for path in place.config.parent.iterdir()) == ["gateway.yaml", "openapi.yaml"]


def test_the_mode_a_link_and_windows_line_breaks_stay(place: Place) -> None:
    real = place.config.rename(place.config.with_name("real.yaml"))
    place.config.symlink_to("real.yaml")
    real.write_bytes(b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode())
    real.chmod(0o640)

    assert saved(place)[0] == 200
    assert place.config.is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbf" + SAVED.replace("\n", "\r\n").encode()
    assert real.stat().st_mode & 0o777 == 0o640


def test_where_the_console_may_not_write_the_diff_is_there_to_copy(place: Place) -> None:
    status, members = saved(place, may_write=False)

    assert (status, members["code"]) == (403, "config-read-only")
    assert "+  - addPet" in members["diff"]
    assert place.config.read_text() == CONFIG


def test_a_config_map_is_read_only(place: Place) -> None:
    version = place.config.with_name("..v1")
    version.mkdir()
    place.config.rename(version / "gateway.yaml")
    place.document.rename(version / "openapi.yaml")
    place.config.with_name("..data").symlink_to("..v1")
    place.config.symlink_to("..data/gateway.yaml")
    place.document.symlink_to("..data/openapi.yaml")

    status, members = saved(place)
    assert status == 403
    assert "Kubernetes" in members["detail"]
    assert (version / "gateway.yaml").read_text() == CONFIG


def test_a_file_that_changes_at_the_last_moment_is_not_overwritten(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = preview(place.material, place.material.reading(), [ADD], [])
    place.write(CONFIG + "# somebody else\n")
    answer = save(place.material, one, may_write=True)
    members = json.loads(answer.body)

    assert answer.status == 409
    assert "+# somebody else" in members["theirs"]
    assert "+  - addPet" in members["yours"]
    assert "somebody else" not in members["yours"]
    assert place.config.read_text() == CONFIG + "# somebody else\n"


def test_a_mount_point_is_read_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    status, members = saved(place)

    assert status == 403
    assert "device or resource busy" in members["detail"]


def test_a_list_that_the_environment_replaces_is_not_saved(place: Place) -> None:
    place.material._environ = {**os.environ, "PLUGIN_GATEWAY__ALLOW": "listPets"}
    status, members = saved(place)

    assert status == 403
    assert "PLUGIN_GATEWAY__ALLOW" in members["detail"]


def test_a_refused_edit_is_not_written(place: Place) -> None:
    place.write(CONFIG + "  - noSuchPet\n")

    assert saved(place)[0] == 422
    assert place.config.read_text() == CONFIG + "  - noSuchPet\n"


def test_a_conflict_with_an_unknown_base_shows_only_the_own_change(place: Place) -> None:
    members = json.loads(conflict(place.material, place.material.reading(), "0" * 64, [ADD], []).body)

    assert members["theirs"] == ""
    assert "+  - addPet" in members["yours"]
