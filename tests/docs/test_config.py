"""docs/config.md: the example of each key is accepted where the key belongs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.config.load import load_text
from tests.docs.page import page

LOGIN = "https://login.example.com"
LEAST: dict[str, dict[str, Any]] = {
    "": {"openapi": "openapi.yaml", "upstream": {"url": "https://api.example.com"}, "allow": ["listOrders"]},
    "upstream": {"url": "https://api.example.com"},
    "openapi": {"source": "openapi.yaml"},
    "allow": {"operation": "listOrders"},
    "consumers": {"name": "sales", "match": {"scope": "orders:read"}},
    "auth.ServiceHttpAuth": {"type": "service_http", "tokens": [{"name": "a", "env": "TOKEN"}]},
    "auth.UserHttpAuth": {"type": "user_http", "users": "users.txt"},
    "auth.UserHttpAuth.verify": {"introspection": f"{LOGIN}/introspect"},
    "auth.OAuthAuth.verify": {"introspection": f"{LOGIN}/introspect"},
    "auth.OAuthAuth": {"type": "oauth", "issuer": LOGIN, "client_url": LOGIN, "authorization_url": LOGIN},
    "auth.OAuthAuth.facade": {"authorize": LOGIN, "token": LOGIN, "client_ids": ["plugin"], "chatgpt_ids": ["*"]},
    "auth.ServiceHttpAuth.tokens": {"name": "a", "token": {"env": "TOKEN"}},
    "plugin.cases": {"prompt": "Which orders are late?"},
    "plugin.refusals": {"prompt": "What is the weather?"},
    "audit": {"file": "audit.jsonl"},
    "HeaderCredential": {"header": "X-Api-Key", "value": {"env": "KEY"}},
    "QueryCredential": {"query": "api_key", "value": {"env": "KEY"}},
    "CookieCredential": {"cookie": "session", "value": {"env": "KEY"}},
    "basic": {"username": "gateway", "password": {"env": "KEY"}},
    "oauth2": {"token_url": LOGIN, "client_id": "gateway", "client_secret": {"env": "KEY"}},
    "token_exchange": {"token_url": LOGIN},
}
"""The keys that a section needs beside the one of the example, by the path of the section or its last word."""
ALONE = ({"operation", "tag", "path"}, {"users", "verify", "passthrough"})
"""Of each of these a mapping has one."""
LISTS = ("allow", "deny", "consumers", "tokens", "cases", "refusals")


def examples() -> list[tuple[str, str, str]]:
    """Return the path of the section, the key and the example of each row."""
    found = []
    for section in page("config.md").split("\n## ")[1:]:
        title, *lines = section.splitlines()
        named = re.fullmatch(r"`([\w.]+)`(?:: (\w+))?", title)
        path = ".".join(filter(None, named.groups())) if named else ""
        rows = [line[2:].split(" | ") for line in lines if line.startswith("| `")]
        found += [(path, row[0].strip("`"), row[3]) for row in rows]
    return found


def needed(path: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping of a section: what it needs beside what is given."""
    least = LEAST.get(path, LEAST.get(path.rpartition(".")[2], {}))
    instead = {key for keys in ALONE if keys & given.keys() for key in keys}
    return {key: value for key, value in least.items() if key not in instead} | given


def whole(path: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a gateway.yaml with the given keys in the section at `path`."""
    words = path.split(".") if path else []
    inner = needed(path, given)
    while words:
        word = words.pop()
        if word[0].isupper():  # which of several kinds the section is about
            continue
        inner = {"limit": inner} if word == "parameters" else inner
        inner = needed(".".join(words), {word: [inner] if word in LISTS else inner})
    if "consumers" in inner:
        inner.setdefault("auth", LEAST["auth.OAuthAuth"])
    return inner


@pytest.mark.parametrize("path", sorted({path for path, _, _ in examples()}))
def test_the_example_of_each_key_is_accepted(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = re.findall(r"[\w-]+\.(?:pem|key|png|txt|yaml)\b", page("config.md"))
    for name in names:
        (tmp_path / name).write_text("v=MCPv1; k=ed25519; p=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    (tmp_path / "session").write_text("a-long-secret-of-the-example")
    monkeypatch.chdir(tmp_path)
    for section, key, example in examples():
        if section != path:
            continue
        assert re.fullmatch(r"`[^`]+`", example), (key, example)
        given = yaml.safe_load(f"{{{example[1:-1]}}}")
        assert key in given
        text = yaml.safe_dump(whole(path, given)).replace("/run/secrets/session", str(tmp_path / "session"))
        environ = dict.fromkeys(re.findall(r"env: (\w+)", text), "redis://a-long-secret-of-the-example:6379")

        loaded = load_text(text, path=tmp_path / "gateway.yaml", environ=environ)

        assert loaded.warnings == (), text
