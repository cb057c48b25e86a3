"""The manifest: ten fields, their limits, and where their values come from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.published import MAX_LENGTHS
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.publish.manifest import ManifestText, build_manifest, is_local_url

INFO = {
    "title": "Issue tracker",
    "version": "1",
    "summary": "Issues and their comments.",
    "description": "Plugin for issues.\n\nRead them, write them.",
    "contact": {"email": "api@example.com"},
    "termsOfService": "https://example.com/terms",
}
LOCAL = "http://localhost:8080"
REMOTE = "https://plugin.example.com"


def _build(
    text: dict[str, str] | None = None, info: dict[str, Any] = INFO, url: str = REMOTE, **more: Any
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    return build_manifest(ManifestText(**text or {}), info, url, logo_url=f"{url}/logo.png", **more)


def test_all_ten_fields_come_from_the_document_where_it_has_them() -> None:
    manifest, findings = _build()
    assert findings == ()
    assert manifest == {
        "schema_version": "v1",
        "name_for_human": "Issue tracker",
        "name_for_model": "Issue_tracker",
        "description_for_human": "Issues and their comments.",
        "description_for_model": "Plugin for issues. Read them, write them.",
        "auth": {"type": "none"},
        "api": {"type": "openapi", "url": "https://plugin.example.com/openapi.json", "is_user_authenticated": False},
        "logo_url": "https://plugin.example.com/logo.png",
        "contact_email": "api@example.com",
        "legal_info_url": "https://example.com/terms",
    }


def test_a_public_url_with_a_final_slash_gives_no_double_slash() -> None:
    manifest, _ = build_manifest(ManifestText(), INFO, REMOTE + "/", logo_url="x")
    assert manifest["api"]["url"] == f"{REMOTE}/openapi.json"


def test_values_of_the_config_win() -> None:
    text = {
        "name_for_human": "Tickets",
        "name_for_model": "tickets",
        "description_for_human": "a",
        "description_for_model": "b",
        "contact_email": "me@corp.example",
        "legal_info_url": "https://corp.example/legal",
    }
    manifest, findings = _build(text)
    assert findings == ()
    assert {name: manifest[name] for name in text} == text


@pytest.mark.parametrize(("field", "limit"), MAX_LENGTHS.items())
def test_a_value_over_its_limit_is_refused_with_its_length_and_one_at_the_limit_is_not(field: str, limit: int) -> None:
    _, fine = _build({field: "x" * limit})
    manifest, findings = _build({field: "x" * (limit + 1)})
    assert fine == ()
    (finding,) = findings
    assert finding.severity is Severity.ERROR
    assert finding.pointer == ("manifest", field)
    assert f"has {limit + 1} characters, at most {limit}" in finding.message
    assert "xxx" in finding.message
    assert manifest[field] == "x" * (limit + 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_for_model", "issue tracker"),
        ("name_for_model", "issue-tracker"),
        ("name_for_model", "issue\n"),
        ("name_for_human", "a\x00b"),
        ("contact_email", "nobody"),
        ("contact_email", "a b@c"),
        ("legal_info_url", "/legal"),
        ("legal_info_url", "http://example.com/legal"),
        ("legal_info_url", "javascript:alert(1)"),
        ("legal_info_url", "ftp://localhost/legal"),
        ("legal_info_url", "https://"),
        ("legal_info_url", "https://[x/legal"),
        ("legal_info_url", "https://example.com/a b"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(field: str, value: str) -> None:
    _, (finding,) = _build({field: value})
    assert (finding.severity, finding.pointer) == (Severity.ERROR, ("manifest", field))
    assert repr(value) in finding.message


def test_a_link_to_this_machine_may_be_plain_http_and_a_description_may_have_lines() -> None:
    text = {"legal_info_url": "http://localhost:8080/legal", "description_for_model": "One.\n\nTwo."}
    manifest, findings = _build(text)
    assert findings == ()
    assert {name: manifest[name] for name in text} == text


def test_a_very_long_value_is_not_shown_whole() -> None:
    _, (finding,) = _build({"description_for_model": "x" * 9000})
    assert "has 9000 characters" in finding.message
    assert len(finding.message) < 250


@pytest.mark.parametrize(
    ("info", "human", "model"),
    [
        ({"summary": "S", "description": "D"}, "S", "D"),
        ({"description": "D"}, "D", "D"),
        ({"summary": "S"}, "S", "S"),
        ({}, "T\u00e9", "T\u00e9"),
    ],
)
def test_descriptions_come_from_the_nearest_that_the_document_has(info: dict[str, str], human: str, model: str) -> None:
    manifest, _ = _build(info={"title": " T\u00e9\n\x00", "version": "1", **info}, url=LOCAL)
    assert manifest["name_for_human"] == "T\u00e9"
    assert (manifest["description_for_human"], manifest["description_for_model"]) == (human, model)


def test_a_default_over_its_limit_is_shortened_with_a_warning() -> None:
    info = {**INFO, "title": "The very long name of an issue tracker for everyone", "summary": "One. " * 30}
    manifest, findings = _build(info=info)
    assert manifest["name_for_human"] == "The very long name…"
    assert manifest["name_for_model"] == "The_very_long_name_of_an_issue_tracker_for_everyon"
    assert manifest["description_for_human"].endswith("One.…")
    assert {finding.severity for finding in findings} == {Severity.WARNING}
    assert "'The very long name…'" in findings[0].message
    assert [finding.pointer[-1] for finding in findings if finding.pointer] == [
        "name_for_human",
        "name_for_model",
        "description_for_human",
    ]


def test_the_warning_about_a_long_default_does_not_show_all_of_it() -> None:
    _, (finding,) = _build(info={**INFO, "description": "Words. " * 2000})
    assert "cut from 13999 characters to 7994" in finding.message
    assert len(finding.message) < 200


def test_on_localhost_each_missing_value_gets_a_placeholder_and_a_warning() -> None:
    manifest, findings = _build(info={}, url=LOCAL)
    assert all(manifest.values())
    assert manifest["legal_info_url"] == LOCAL
    assert all("on localhost" in finding.message for finding in findings)
    assert [(finding.rule, finding.severity) for finding in findings] == [("manifest-missing", Severity.WARNING)] * 6


def test_elsewhere_each_missing_value_is_an_error() -> None:
    _, findings = _build(info={"title": "T", "version": "1"})
    assert [(finding.pointer, finding.severity) for finding in findings] == [
        (("manifest", "contact_email"), Severity.ERROR),
        (("manifest", "legal_info_url"), Severity.ERROR),
    ]
    assert not any("on localhost" in finding.message for finding in findings)


def test_an_unusable_value_of_the_document_counts_as_missing() -> None:
    info = {**INFO, "contact": {"email": "none"}, "termsOfService": "http://example.com/terms"}
    _, findings = _build(info=info)
    assert [finding.rule for finding in findings] == ["manifest-missing", "manifest-missing"]


@pytest.mark.parametrize(
    ("kind", "expected"), [("none", False), ("service_http", False), ("user_http", True), ("oauth", True)]
)
def test_the_auth_block_is_passed_on_and_says_whether_the_user_is_known(kind: str, expected: bool) -> None:
    manifest, _ = _build(auth={"type": kind})
    assert manifest["auth"] == {"type": kind}
    assert manifest["api"]["is_user_authenticated"] is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.9", True),
        ("http://[::1]:80", True),
        ("http://a.localhost", True),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
        ("https://example.com", False),
    ],
)
def test_only_loopback_is_local(url: str, expected: bool) -> None:
    assert is_local_url(url) is expected


@given(
    info=st.fixed_dictionaries(
        {},
        optional={
            "title": st.text(max_size=200) | st.none(),
            "description": st.text() | st.integers(),
            "contact": st.none(),
        },
    )
)
def test_the_manifest_keeps_the_limits_for_every_document(info: dict[str, Any]) -> None:
    manifest, findings = _build(info=info, url=LOCAL)
    for field, limit in MAX_LENGTHS.items():
        assert 0 < len(manifest[field]) <= limit
    assert all(isinstance(finding, Finding) and finding.severity is Severity.WARNING for finding in findings)
