from pathlib import Path

import pytest

from plugin_gateway.observation.finder import Finder
from plugin_gateway.observation.records import observed_in, read_calls
from tests.observation.world import document

ACCESS = '{"time":"2026-11-27T09:00:00.250Z","level":"info","event":"access","method":"GET","operation":"shown","path":"/pets/{petId}","status":200}'
REFUSED = '{"time":"2026-11-27T09:00:00Z","event":"access","method":"DELETE","path":"/pets/7","query":["x"],"status":404,"reason":"operation-not-found"}'
SEEN = '{"method": "GET", "path": "/pets", "operation": "listPets", "status": 200, "in_document": true}'
COMBINED = '10.0.0.1 - bob [27/Nov/2026:10:00:00 +0100] "GET /v1/pets/7?token=s3cret HTTP/1.1" 200 12 "-" "curl/8"'


@pytest.mark.parametrize(
    ("line", "key", "shown", "status", "is_deliberate", "time"),
    [
        (ACCESS, "GET /pets/{petId}", "GET /pets/{petId}", 200, True, 1795770000.25),
        (ACCESS.replace("GET", "HEAD"), "GET /pets/{petId}", "HEAD /pets/{petId}", 200, True, 1795770000.25),
        (ACCESS.replace("/pets/", "/gone/"), None, "GET /gone/{petId}", 200, True, 1795770000.25),
        (REFUSED, "DELETE /pets/{petId}", "DELETE /pets/7", 404, False, 1795770000.0),
        (REFUSED.replace('"2026-11-27T09:00:00Z"', "7"), "DELETE /pets/{petId}", "DELETE /pets/7", 404, False, None),
        (REFUSED.replace("2026-11-27T09:00:00Z", "soon"), "DELETE /pets/{petId}", "DELETE /pets/7", 404, False, None),
        (SEEN, "GET /pets", "GET /pets", 200, True, None),
        (ACCESS.replace('"access"', '"call"'), "GET /pets/{petId}", "GET /pets/{petId}", 200, True, 1795770000.25),
        (SEEN.replace("true", "false"), None, "GET /pets", 200, True, None),
        (COMBINED, "GET /pets/{petId}", "GET /v1/pets/7", 200, False, 1795770000.0),
        ('h - - [-] "GET http://pets.test/pets/mine?x=1 HTTP/1.1" 301 -', "GET /pets/mine", "GET /pets/mine", 301, False, None),
        (COMBINED.replace("27/Nov", "31/Foo"), "GET /pets/{petId}", "GET /v1/pets/7", 200, False, None),
        ('h - - "GET /wp-login.php HTTP/1.1" 404 -', None, "GET /wp-login.php", 404, False, None),
    ],
)  # fmt: skip
def test_a_line_is_read_as_a_call(
    line: str, key: str | None, shown: str, status: int, time: float | None, tmp_path: Path, *, is_deliberate: bool
) -> None:
    (call,) = read_calls([line, "", "  "], Finder(document(tmp_path), "/v1"))

    assert call is not None
    assert (str(call.key) if call.key else None, call.shown, call.status) == (key, shown, status)
    assert (call.is_deliberate, call.unix_time_s) == (is_deliberate, time)


@pytest.mark.parametrize(
    "line", ["rubbish", "{", "[1]", "{" * 100_000, '{"event": "access", "method": "GET"}', "{}", '"GET /pets" 2x']
)
def test_a_line_that_is_not_a_record_gives_none(line: str, tmp_path: Path) -> None:
    assert [*read_calls([line], Finder(document(tmp_path)))] == [None]


def test_other_events_of_the_log_are_no_calls(tmp_path: Path) -> None:
    assert [
        *read_calls(
            ['{"event":"started"}', '{"event": "observe"}', '{"event":"call","method":"GET","status":404}'],
            Finder(document(tmp_path)),
        )
    ] == []


def test_the_api_that_was_observed_is_named_in_a_line() -> None:
    lines = [
        "x",
        '{"event": "observe", "openapi": 1}',
        '{"event": "observe", "openapi": "a.yaml", "upstream": "https://a.test"}',
    ]

    assert observed_in(lines) == ("a.yaml", "https://a.test")
    assert observed_in(["x"]) is None
