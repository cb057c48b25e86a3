"""A whole query: the query string of a call as one value (OpenAPI 3.2, `in: querystring`).

It is judged as a body of its media type would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from plugin_gateway.shape.request.form_body import FormBody


class WholeQuery(NamedTuple):
    """Judges the queries of one operation."""

    name: str
    form: FormBody | JsonBody
    is_required: bool
    is_enforced: bool

    def problems(self, query: bytes) -> tuple[Problem, ...]:
        pointer = join_pointer(("query", self.name))
        if not query:
            return (Problem(pointer, "is missing"),) if self.is_required else ()
        text = unquote_to_bytes(query) if isinstance(self.form, JsonBody) else query
        return tuple(Problem(pointer + one.pointer, one.detail) for one in self.form.judge(text, b"").invalid)
