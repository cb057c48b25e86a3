"""Public: `public` of gateway.yaml, which says how clients see the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from plugin_gateway.config.fields import Extension, Flag, OnOff, PublicUrl, SpecVersion, ToTuple
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Public(Record):
    """How clients see the gateway."""

    example: ClassVar[str] = "{url: https://plugin.example.com}"
    other_words: ClassVar[dict[str, str]] = {
        "base_url": "url",
        "host": "url",
        "server": "url",
        "version": "openapi_version",
        "strip_path": "path_stripped",
        "strip_prefix": "path_stripped",
        "stripped": "path_stripped",
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "if": {"properties": {"path_stripped": {"const": True}}, "required": ["path_stripped"]},
            "then": {"properties": {"url": {"pattern": "://[^/]+/.", "type": "string"}}, "required": ["url"]},
        },
    )

    url: PublicUrl | None = None
    """The URL that clients use: `servers[0].url` of the served document, and the base of the manifest's URLs. By default
    `http://localhost:PORT`. Its path is the gateway's place on a domain that it shares with the API: with
    `https://api.example.com/plugin`, calls, documents and `/mcp` are below `/plugin`, and the files of `/.well-known/` at the
    root as well. The gateway answers 404 to every other path.
    Example: `url: https://api.example.com/plugin`"""
    path_stripped: Flag = False
    """Whether a proxy removes the path of `url` before it passes a call on, so that `/plugin/pets` arrives as `/pets`.
    Example: `url: https://api.example.com/plugin, path_stripped: true`"""
    openapi_version: Annotated[Literal["3.0", "3.1", "3.2"], SpecVersion] = "3.1"
    """OpenAPI version of the served document."""
    extensions: Annotated[tuple[Extension, ...], ToTuple] = ()
    """Specification extensions to keep in the served document; all others are dropped.
    Example: `extensions: [x-stability]`"""
    discriminator: Literal["follow", "trim"] = "follow"
    """What happens to schemas that only a discriminator selects, as with `prune --discriminator`: `follow` keeps every
    schema that a discriminator can select; `trim` keeps only those that something else refers to as well."""
    page: OnOff = True
    """A page for people at `/`, that explains what the gateway is and links to the documents. `off` or `false` removes it. A
    program that does not ask for HTML gets the same answer with and without the page. An allowed operation `GET /` replaces the
    page.
    Example: `url: https://plugin.example.com, page: false`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        url = written.get("url")
        if written.get("path_stripped") in (True, "true") and "/" not in str(url).partition("://")[2].rstrip("/"):
            hint = "write it with the path that clients call, such as `url: https://api.example.com/plugin`"
            message = "`path_stripped` needs a path in `url`"
            yield Mistake("goes-together", message, hint=hint, at=("path_stripped",))
