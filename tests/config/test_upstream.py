from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.credential import (
    HeaderCredential,
)
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.surroundings import Surroundings
from plugin_gateway.config.upstream import Upstream

KEY = {"value": "s3cr3t"}


def test_unsafe_methods_get_the_same_credential_unless_another_is_written() -> None:
    one = Upstream.parse({"url": "http://h", "credential": {"bearer": KEY}})
    assert one.write_credentials == one.credential
    two = Upstream.parse(
        {"url": "http://h", "credential": {"bearer": KEY}, "write_credential": {"header": "W", "value": KEY}}
    )
    assert [type(credential) for credential in two.write_credentials] == [HeaderCredential]


def test_no_credential_at_all_is_fine() -> None:
    assert Upstream.parse({"url": "http://h"}).credential == ()


def test_timeouts_and_connections_have_the_documented_defaults() -> None:
    upstream = Upstream.parse({"url": "http://h"})
    assert (upstream.timeout.connect, upstream.timeout.read, upstream.timeout.total) == (3, 30, 45)
    assert (upstream.connections, upstream.headers.pass_set_cookie) == (256, False)


@pytest.mark.parametrize(
    ("credential", "write_credential", "at"),
    [
        ({"header": "X-Key", "value": KEY}, None, [1]),
        ([{"bearer": KEY}, {"header": "x_key", "value": KEY}], None, [1]),
        ({"header": "X-Key", "value": KEY}, {"bearer": KEY}, []),
        ({"header": "X-Key", "value": KEY}, [{"header": "X-KEY", "value": KEY}], [1]),
        ({"query": "X-Key", "value": KEY}, None, []),
        (None, None, []),
    ],
)
def test_forwarding_a_header_that_a_credential_always_sets_is_a_mistake(
    credential: dict[str, Any] | list[Any] | None,
    write_credential: dict[str, dict[str, str]] | list[dict[str, Any]] | None,
    at: list[int],
) -> None:
    written: dict[str, Any] = {"url": "http://h", "headers": {"forward": ["X-Tenant", "X-Key"]}}
    written |= {"credential": credential} if credential else {}
    written |= {"write_credential": write_credential} if write_credential else {}
    assert [mistake.at for mistake in Upstream.mistakes(written)] == [("headers", "forward", index) for index in at]


@pytest.mark.parametrize("url", ["http://h", "HTTP://h", "unix:/run/api.sock"])
@pytest.mark.parametrize("tls", [{}, {"ca": "ca.pem"}])
def test_tls_for_an_upstream_without_https_is_a_mistake_at_its_key(
    tmp_path: Path, url: str, tls: dict[str, str]
) -> None:
    (tmp_path / "ca.pem").touch()
    with pytest.raises(MistakesError) as caught:
        Upstream.parse({"url": url, "tls": tls}, Surroundings(folder=tmp_path))
    [(_, mistake)] = caught.value.found
    assert (mistake.rule, mistake.at, mistake.on_key) == ("tls-without-https", ("tls",), True)


def test_tls_beside_an_invalid_url_is_not_a_second_mistake(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    written = {"url": "ftp://h", "tls": {"ca": "ca.pem"}}
    with pytest.raises(MistakesError) as caught:
        Upstream.parse(written, Surroundings(folder=tmp_path))
    assert [mistake.rule for _, mistake in caught.value.found] == ["bad-url"]


@pytest.mark.parametrize(
    ("mode", "name", "is_twice"),
    [
        ("x-forwarded", "X_Forwarded_Host", True),
        ("x-forwarded", "Forwarded", False),
        ("rfc7239", "Forwarded", True),
        ("none", "X-Forwarded-Host", False),
        ("host", "X-Forwarded-Host", False),
    ],
)
@pytest.mark.parametrize("key", ["credential", "write_credential"])
def test_no_header_is_written_both_by_a_credential_and_by_forwarded(
    mode: str, name: str, is_twice: bool, key: str
) -> None:
    written = {"url": "http://h", "forwarded": mode, key: {"header": name, "value": KEY}}
    try:
        Upstream.parse(written)
        found = False
    except MistakesError as error:
        found = "duplicate-key" in str(error)
    assert found is is_twice
