"""The key `plugin`."""

from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.load import LoadedConfig, load_text
from plugin_gateway.errors import ConfigError

KEY = "A" * 43 + "="


def loaded(plugin: str, environ: dict[str, str] | None = None, **options: Any) -> LoadedConfig:
    text = f"openapi: x\nupstream: {{url: https://h}}\nallow: [a]\nplugin: {plugin}\n"
    return load_text(text, path=None, environ=environ or {}, **options)


def test_every_key_may_be_left_out() -> None:
    for plugin in ("{}", ""):
        config = loaded(plugin).config.plugin
        assert (config.name, config.prompts, config.cases, config.m365.namespace) == (None, (), (), None)


def test_a_published_text_is_written_as_it_is_or_where_deployments_keep_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    for source, text in [("plain", "plain"), ("{env: T}", "from-env"), (f"{{file: {tmp_path}/token}}", "from-file")]:
        result = loaded(f"{{openai_challenge: {source}}}", {"T": "from-env"})
        assert (result.config.plugin.openai_challenge, result.warnings) == (text, ())


def test_a_published_text_that_is_missing_is_a_mistake_unless_secrets_are_not_needed() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded("{openai_challenge: {env: GONE}}")
    assert [finding.rule for finding in caught.value.findings] == ["secret-missing"]
    for key in ("openai_challenge", "registry_auth"):
        assert loaded(f"{{{key}: {{env: GONE}}}}", needs_secrets=False).warnings == ()


@pytest.mark.parametrize(
    ("plugin", "rule", "key"),
    [
        ("{name: Order Tools}", "bad-name", "name"),
        ("{name: a--b}", "bad-name", "name"),
        ("{name: -a}", "bad-name", "name"),
        ("{registry_name: orders}", "bad-name", "registry_name"),
        ("{registry_auth: abc}", "bad-value", "registry_auth"),
        ('{registry_auth: "v=MCPv1; k=ed25519; p=AAAA"}', "bad-value", "registry_auth"),
        ('{registry_auth: "v=MCPv1; k=rsa; p=AAAA"}', "bad-value", "registry_auth"),
        ('{display_name: "a\\nb"}', "bad-value", "display_name"),
        ('{description: " "}', "empty", "description"),
        ("{website: example.com}", "bad-url", "website"),
        ("{openai_challenge: [a]}", "wrong-type", "openai_challenge"),
        ("{version: 1.0}", "wrong-type", "version"),
        ("{logo: gone.png}", "file-missing", "logo"),
        ("{author: me}", "unknown-key", "author"),
    ],
)
def test_a_mistake_is_found_at_its_key(plugin: str, rule: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(plugin)
    [finding] = caught.value.findings
    assert (finding.rule, finding.pointer) == (rule, ("plugin", key))


def test_a_public_key_is_accepted() -> None:
    line = f"v=MCPv1; k=ed25519; p={KEY}"
    assert loaded(f'{{registry_auth: "{line}"}}').config.plugin.registry_auth == line


def test_a_key_of_a_directory_leads_to_ours() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded("{shortDescription: x}")
    assert "subtitle" in caught.value.findings[0].hint
