from __future__ import annotations

import errno

import pytest

from plugin_gateway.errors import end_of, reason_of


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/Key"), "no such file or directory"),
        (OSError("Embedded null byte"), "embedded null byte"),
    ],
)
def test_the_reason_has_the_words_of_the_system_without_the_path(error: OSError, expected: str) -> None:
    assert reason_of(error) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, "ended with status 0"),
        (3, "ended with status 3"),
        (-9, "was ended by SIGKILL, as the system does if memory runs out"),
        (-11, "was ended by signal 11"),
    ],
)
def test_the_end_of_a_process_names_its_signal(status: int, expected: str) -> None:
    assert end_of(status) == expected
