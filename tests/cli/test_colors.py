import pytest

from plugin_gateway.cli.colors import colors


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm"}, None),
    ],
)
def test_only_an_environment_that_wants_no_colors_decides(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: bool | None
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert colors() is expected
