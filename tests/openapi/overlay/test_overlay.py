"""Reading overlays: what is valid, and where the mistakes in the others are."""

import pytest

from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.overlay.overlay import read_overlay

HEAD = 'overlay: 1.1.0\ninfo: {title: Texts, version: "1"}\n'


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_overlay(text.encode(), "o.yaml")
    return [f"{one.location}: {one.rule}" for one in caught.value.findings]


def test_an_overlay_has_its_actions_in_order() -> None:
    text = HEAD + "extends: api.yaml\nactions: [{target: $.info, update: {title: A}}, {target: $.tags, remove: true}]"

    overlay = read_overlay(text.encode(), "o.yaml")

    assert (overlay.minor, overlay.extends, overlay.warnings) == (1, "api.yaml", ())
    assert [(one.target.text, one.update, one.remove) for one in overlay.actions] == [
        ("$.info", {"title": "A"}, False),
        ("$.tags", None, True),
    ]


def test_json_is_read_too() -> None:
    text = b'{"overlay": "1.0.0", "info": {"title": "T", "version": "1"}, "actions": [{"target": "$", "update": {}}]}'

    assert read_overlay(text, "o.json").minor == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[]", ["o.yaml:1:1: overlay-root"]),
        ("openapi: 3.1.0\ninfo: {}\n", ["o.yaml:1:1: overlay-root"]),
        ("overlay: ]", ["o.yaml:1:10: document-syntax"]),
        ('info: {title: T, version: "1"}\nactions: [{target: $, update: {}}]', ["o.yaml:1:1: overlay-missing-key"]),
        ('overlay: 2.0.0\ninfo: {title: T, version: "1"}\nactions: [{target: $, update: {}}]', ["o.yaml:1:1: overlay-version"]),
        ('overlay: 1.1\ninfo: {title: T, version: "1"}\nactions: [{target: $, update: {}}]', ["o.yaml:1:1: overlay-version"]),
        (HEAD, ["o.yaml:1:1: overlay-missing-key"]),
        (HEAD + "actions: []", ["o.yaml:3:1: overlay-type"]),
        (HEAD + "actions: {}", ["o.yaml:3:1: overlay-type"]),
        (HEAD + "actions: [7]", ["o.yaml:3:11: overlay-type"]),
        (HEAD + "actions:\n- {update: {}}", ["o.yaml:4:3: overlay-missing-key"]),
        (HEAD + "actions:\n- {target: 7, update: {}}", ["o.yaml:4:4: overlay-type"]),
        (HEAD + "actions:\n- {target: '$.a[', update: {}}", ["o.yaml:4:4: overlay-jsonpath"]),
        (HEAD + "actions:\n- {target: $.a, remove: yes please}", ["o.yaml:4:17: overlay-type"]),
        (HEAD + "actions:\n- {target: $.a, updat: {}}", ["o.yaml:4:17: overlay-unknown-key"]),
        (HEAD + "actions:\n- {target: $.a, copy: $.b, update: {}}", ["o.yaml:4:17: overlay-goes-together"]),
        (HEAD + "actions:\n- {target: $.a, update: 1}\n- {target: $.a, update: 1}", ["o.yaml:5:3: overlay-duplicate"]),
        (HEAD + "action: []\nactions: [{target: $, update: {}}]", ["o.yaml:3:1: overlay-unknown-key"]),
        (HEAD + "extends: 7\nactions: [{target: $, update: {}}]", ["o.yaml:3:1: overlay-type"]),
        ("overlay: 1.1.0\ninfo: x\nactions: [{target: $, update: {}}]", ["o.yaml:2:1: overlay-type"]),
        ("overlay: 1.1.0\ninfo: {title: T, version: 1}\nactions: [{target: $, update: {}}]", ["o.yaml:2:18: overlay-type"]),
        ("overlay: 1.1.0\ninfo: {title: T}\nactions: [{target: $, update: {}}]", ["o.yaml:2:1: overlay-missing-key"]),
        ('overlay: 1.0.0\ninfo: {title: T, version: "1"}\nactions:\n- {target: $.a, copy: $.b}', ["o.yaml:4:17: overlay-version"]),
    ],
)  # fmt: skip
def test_each_mistake_is_located(text: str, found: list[str]) -> None:
    assert mistakes(text) == found


def test_one_report_has_all_mistakes() -> None:
    assert len(mistakes("overlay: 7\ninfo: []\nextra: 1\nactions: [{target: x}, 3]")) == 6


def test_an_action_without_effect_is_only_warned_of() -> None:
    overlay = read_overlay(
        (HEAD + "actions:\n- target: $\n- {target: $.a, remove: true, update: {}}").encode(), "o.yaml"
    )

    assert [(one.rule, one.severity, str(one.location)) for one in overlay.warnings] == [
        ("overlay-no-effect", Severity.WARNING, "o.yaml:4:3"),
        ("overlay-no-effect", Severity.WARNING, "o.yaml:5:3"),
    ]


def test_extensions_are_allowed_everywhere() -> None:
    text = 'overlay: 1.1.0\nx-a: 1\ninfo: {title: T, version: "1", x-b: 1}\nactions: [{target: $, update: {}, x-c: 1}]'

    assert read_overlay(text.encode(), "o.yaml").warnings == ()
