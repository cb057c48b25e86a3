"""The manifest of Microsoft 365 Copilot: what version 2.4 demands of its texts and its login."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.auth import NoAuth, UserHttpAuth
from plugin_gateway.diagnostics import Severity
from plugin_gateway.export.m365 import MAX_DESCRIPTION_FOR_MODEL, namespace_of
from plugin_gateway.export.platforms.rule import Breach, Platform, rule, wanted
from plugin_gateway.export.platforms.sources import COPILOT_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate

_MAX_NAME, _MAX_DESCRIPTION = 20, 100


@rule("m365-namespace", COPILOT_MANIFEST, Platform.M365)
def namespace(candidate: Candidate) -> Iterator[Breach]:
    """The namespace has letters and digits only."""
    given = candidate.config.plugin.m365.namespace
    if not given:
        yield Breach(
            message=f"Copilot demands a namespace; the manifest has `{namespace_of(candidate)}`, made from the name",
            hint=f"write `m365: {{namespace: {namespace_of(candidate)}}}` below `plugin`, and never change it",
            pointer=("plugin",),
            severity=Severity.WARNING,
        )
    elif not re.fullmatch(r"[A-Za-z0-9]+", given):
        yield Breach(
            message=f"Copilot takes letters and digits in a namespace, not {given!r}",
            hint=f"write `namespace: {re.sub(r'[^A-Za-z0-9]+', '', given) or 'Orders'}`",
            pointer=("plugin", "m365", "namespace"),
        )


@rule("m365-texts", COPILOT_MANIFEST, Platform.M365)
def texts(candidate: Candidate) -> Iterator[Breach]:
    """The texts for people and the model are within the manifest's limits."""
    limits = {
        "name_for_human": _MAX_NAME,
        "description_for_human": _MAX_DESCRIPTION,
        "description_for_model": MAX_DESCRIPTION_FOR_MODEL,
    }
    for key, limit in limits.items():
        text = str(candidate.manifest[key])
        if len(text) > limit:
            yield Breach(
                message=f"`manifest.{key}` has {len(text):,} characters; Copilot ignores those beyond {limit:,}",
                hint="shorten it",
                pointer=("manifest", key),
                severity=Severity.WARNING,
            )


@rule("m365-login", COPILOT_MANIFEST, Platform.M365)
def login(candidate: Candidate) -> Iterator[Breach]:
    """Copilot logs in with OAuth or with one key, which Microsoft keeps under a reference."""
    auth, plugin = candidate.config.auth, candidate.config.plugin.m365
    if isinstance(auth, UserHttpAuth):
        yield Breach(
            message="Copilot cannot ask each user for a token, as `auth: {type: user_http}` demands",
            hint="write `auth: {type: oauth, …}`, or `service_http` with one key for Copilot",
            pointer=("auth", "type"),
        )
    elif not isinstance(auth, NoAuth) and not plugin.reference_id:
        yield Breach(
            message="the manifest does not say under which reference Microsoft keeps the credential",
            hint="register it in Teams' developer portal, and write `m365: {reference_id: …}` below `plugin`",
            pointer=("plugin", "m365"),
        )


privacy = wanted(
    "m365-privacy", COPILOT_MANIFEST, Platform.M365,
    key="privacy", example="https://example.com/privacy",
    message="the manifest has no `privacy_policy_url`, which administrators look for",
)  # fmt: skip

RULES: Final = (namespace, texts, login, privacy)
