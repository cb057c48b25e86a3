from importlib.machinery import ModuleSpec

import pytest

from plugin_gateway import __version__, version


@pytest.mark.parametrize(
    ("origin", "core", "shown"),
    [
        ("/site/plugin_gateway/proxy/wire.py", "python", __version__),
        (
            "/site/plugin_gateway/proxy/wire.cpython-311-x86_64-linux-gnu.so",
            "compiled",
            f"{__version__} (compiled core)",
        ),
    ],
)
def test_the_version_shows_a_compiled_core_if_compiled_modules_would_be_imported(
    monkeypatch: pytest.MonkeyPatch, origin: str, core: str, shown: str
) -> None:
    monkeypatch.setattr(version, "find_spec", lambda name: ModuleSpec(name, None, origin=origin))

    assert (version.core(), version.shown_version()) == (core, shown)
