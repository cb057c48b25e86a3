"""The manifest in gateway.yaml: the texts by which a host of plugins shows the gateway."""

from __future__ import annotations

from typing import ClassVar

from plugin_gateway.config.fields import AbsoluteUrl
from plugin_gateway.config.path_fields import FilePath
from plugin_gateway.config.published_fields import (  # the model reads them
    DescriptionForHuman,
    DescriptionForModel,
    Email,
    NameForHuman,
    NameForModel,
)
from plugin_gateway.config.record import Record


class Manifest(Record):
    """The plugin manifest. Keys that are left out are taken from the document's `info`."""

    example: ClassVar[str] = "{name_for_human: Orders, contact_email: api@example.com}"
    other_words: ClassVar[dict[str, str]] = {
        "name": "name_for_human",
        "title": "name_for_human",
        "description": "description_for_human",
        "email": "contact_email",
        "contact": "contact_email",
        "logo_url": "logo",
        "icon": "logo",
        "legal_url": "legal_info_url",
        "term": "legal_info_url",
        "terms_of_service": "legal_info_url",
    }

    name_for_human: NameForHuman | None = None
    """At most 20 characters.
    Example: `name_for_human: Orders`"""
    name_for_model: NameForModel | None = None
    """At most 50 letters, digits and `_`.
    Example: `name_for_model: orders`"""
    description_for_human: DescriptionForHuman | None = None
    """At most 100 characters.
    Example: `description_for_human: Look up and place orders.`"""
    description_for_model: DescriptionForModel | None = None
    """At most 8000 characters.
    Example: `description_for_model: Finds and places orders of the shop.`"""
    logo: FilePath | None = None
    """An image file; by default the gateway serves a neutral image.
    Example: `logo: logo.png`"""
    contact_email: Email | None = None
    """E-mail address for questions.
    Example: `contact_email: api@example.com`"""
    legal_info_url: AbsoluteUrl | None = None
    """URL of the legal terms.
    Example: `legal_info_url: https://example.com/legal`"""
