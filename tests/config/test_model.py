import pickle
from typing import Any

import pytest

from plugin_gateway.config.auth import NoAuth
from plugin_gateway.config.credential import HeaderCredential
from plugin_gateway.config.model import Config
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.secrets import Secret
from plugin_gateway.config.upstream import Upstream

UPSTREAM = "https://h"
MINIMAL = {"openapi": "openapi.json", "upstream": {"url": "https://h"}, "allow": ["a", "b"]}


def test_the_minimal_config_is_closed_and_private() -> None:
    config = Config.parse(MINIMAL)
    assert (config.auth.type, config.cors, config.mcp.hosts, str(config.admin)) == ("none", (), (), "127.0.0.1:8081")
    assert config.public.extensions == ()


def test_a_config_is_made_in_python_from_its_own_values() -> None:
    credential = HeaderCredential(header="X", value=Secret("s"))
    upstream = Upstream.parse({"url": UPSTREAM, "credential": (credential,)})
    config = Config.parse(MINIMAL | {"upstream": upstream, "auth": NoAuth()})
    assert config.upstream.credential == (credential,)


def test_entries_know_their_number() -> None:
    assert [entry.index for entry in Config.parse(MINIMAL).allow] == [0, 1]


@pytest.mark.parametrize(
    ("extra", "url"),
    [
        ({}, "http://localhost:8080"),
        ({"listen": ":80"}, "http://localhost"),
        ({"public": {"url": "https://p/"}}, "https://p"),
    ],
)
def test_the_public_url_is_localhost_unless_written(extra: dict[str, Any], url: str) -> None:
    assert Config.parse(MINIMAL | extra).public_url == url


@pytest.mark.parametrize(
    ("listen", "admin", "fine"),
    [
        (":8080", ":8080", False),
        (":8080", "127.0.0.1:8080", False),
        ("127.0.0.1:8080", "127.0.0.1:8080", False),
        ("[::]:8080", "127.0.0.1:8080", False),
        ("10.0.0.1:8080", "127.0.0.1:8080", True),
        (":0", ":0", True),
        (":8080", ":8081", True),
        ("unix:/a", "unix:/a", False),
        ("unix:/a", "unix:/b", True),
        (":8080", None, True),
    ],
)
def test_the_admin_listener_is_never_the_public_one(listen: str, admin: str | None, fine: bool) -> None:
    written = MINIMAL | {"listen": listen, "admin": admin}
    if fine:
        Config.parse(written)
    else:
        with pytest.raises(MistakesError):
            Config.parse(written)


def test_a_config_can_go_to_another_process() -> None:
    config = Config.parse(MINIMAL | {"upstream": {"url": "https://h", "credential": {"bearer": {"value": "s"}}}})
    assert pickle.loads(pickle.dumps(config)) == config
