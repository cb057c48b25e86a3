import threading
import webbrowser

import pytest

from plugin_gateway.cli.browser import open_link
from tests.bounds import BOUND_S


@pytest.mark.parametrize(
    ("platform", "environ", "is_opened"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
    ],
)
def test_a_link_is_opened_only_on_a_machine_with_a_display(
    platform: str, environ: dict[str, str], is_opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    done = threading.Event()

    def open_in_browser(link: str) -> None:
        opened.append(link)
        done.set()

    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(webbrowser, "open", open_in_browser)
    assert open_link("http://127.0.0.1:1/", environ) is is_opened
    if is_opened:
        assert done.wait(BOUND_S)
    assert opened == ["http://127.0.0.1:1/"] * is_opened
