from __future__ import annotations

import errno

import pytest

from plugin_gateway.text.system_reason import reason_of


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/Key"), "no such file or directory"),
        (OSError("Embedded null byte"), "embedded null byte"),
    ],
)
def test_the_reason_has_the_words_of_the_system_without_the_path(error: OSError, expected: str) -> None:
    assert reason_of(error) == expected
