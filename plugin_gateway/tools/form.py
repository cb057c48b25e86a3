"""A form: the pairs of an application/x-www-form-urlencoded body (OpenAPI, Encoding Object)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.shape.values.scalar import UnwritableError, escape, escape_but_reserved, escape_octets
from plugin_gateway.shape.values.style import DELIMITERS, MAX_NAME, MAX_VALUES, deep_object, form
from plugin_gateway.tools.base64_text import base64_octets
from plugin_gateway.tools.content import content_text
from plugin_gateway.tools.media import is_json

if TYPE_CHECKING:
    from plugin_gateway.tools.tool import Encoding


def form_pairs(name: str, value: object, encoding: Encoding) -> list[str]:
    """Write one field as escaped pairs: one, several if the value is exploded, none if it is null.

    Raises:
        UnwritableError: the value has no form.
    """
    escaped_name = escape(name)
    if len(name) > MAX_NAME:
        raise UnwritableError(f"must not have a name of more than {MAX_NAME} characters")
    values: list[object] = value if isinstance(value, list) else [value]
    if len(values) > MAX_VALUES:
        raise UnwritableError(f"must not have more than {MAX_VALUES} values")
    if encoding.is_binary:
        return [f"{escaped_name}={escape_octets(base64_octets(one))}" for one in values if one is not None]
    escaped = escape_but_reserved if encoding.allow_reserved else escape
    if encoding.style == "deepObject":
        return deep_object(name, value, escaped=escaped)
    if encoding.style:
        delimiter = DELIMITERS.get(encoding.style, ",")
        return form(escaped_name, value, explode=encoding.explode, escaped=escaped, delimiter=delimiter)
    if is_json(encoding.media_type):
        values = [value]
    return [f"{escaped_name}={escaped(content_text(encoding.media_type, one))}" for one in values if one is not None]
