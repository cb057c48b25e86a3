"""A server: where a document says that the API is, for one operation or for all of them.

OpenAPI 3 says it in `servers` of the operation, else of its path item, else of the document, with variables in them.
Swagger 2.0 says it in `schemes`, `host` and `basePath`. What is relative is relative to where the document was fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urljoin, urlsplit

from plugin_gateway.openapi.refs import join_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document, Json, JsonObject, Operation

ANY: Final = "\ue000"
"""Stands in a host or path for a variable that may be any text. It is for private use in Unicode, so no URL has it."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_MAX_READINGS: Final = 64
_HOST: Final = re.compile(rf"[a-z0-9_{ANY}](?:[a-z0-9._{ANY}-]*[a-z0-9_{ANY}])?\.?|\[[0-9a-f:.]+\]")
# `api.example.com/v1` means a file beside the document to a URL parser, and an address to the person who wrote it.
_WITHOUT_SCHEME: Final = re.compile(
    r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})(?::[0-9]+)?(?:/.*)?"
)
# Generators write these where they were told nothing.
_SAYS_NOTHING: Final = frozenset(
    {
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "example.com",
        "www.example.com",
        "example.org",
        "example.net",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One place where an operation may be called, every variable of it with one value.

    `scheme`, `host` and `port` are empty where the document does not say them; the port also where it is the scheme's
    own. `prefix` has no trailing slash. `is_said` tells that the document itself names the host, and that it is no
    placeholder. `others` are the same place with other values of its variables.
    """

    scheme: str = ""
    host: str = ""
    port: int | None = None
    prefix: str = ""
    is_said: bool = False
    others: tuple[Server, ...] = ()

    @property
    def url(self) -> str:
        """The place as a URL, or as its path where the host is not known."""
        port = f":{self.port}" if self.port is not None else ""
        url = f"{self.scheme or 'https'}://{self.host}{port}{self.prefix}" if self.host else self.prefix or "/"
        return url.replace(ANY, "{…}")

    @property
    def is_known(self) -> bool:
        """Whether the document says the host, and leaves no variable open."""
        return bool(self.host) and ANY not in self.host + self.prefix

    @property
    def readings(self) -> tuple[Server, ...]:
        return (self, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The servers of an operation, in document order, and which of the three levels says so."""

    servers: tuple[Server, ...] = ()
    level: Literal["document", "path item", "operation"] = "document"

    @property
    def is_own(self) -> bool:
        """Whether the operation or its path item has servers that are not the document's."""
        return self.level != "document"


def where_the_api_is(document: Document, operation: Operation | None = None) -> Where:
    """Say where `operation` is called, or, without one, where operations are that say nothing else."""
    own = where_it_says_itself(document, operation) if operation is not None else None
    if own is not None:
        return own
    root, base = document.root, document.address
    if document.version == "2.0":
        return Where(servers=_read_all(_of_swagger(root, root.get("schemes")), base))
    return Where(servers=_read_all(_listed(root.get("servers")), base))


def where_it_says_itself(document: Document, operation: Operation) -> Where | None:
    """Say where `operation` is called by its own words or its path item's; None where both are silent."""
    base = document.address
    if document.version == "2.0":
        schemes = _listed(operation.node.get("schemes"))
        return (
            Where(servers=_read_all(_of_swagger(document.root, schemes), base), level="operation") if schemes else None
        )
    if written := _listed(operation.node.get("servers")):
        return Where(servers=_read_all(written, base), level="operation")
    if written := _listed(operation.path_item.get("servers")):
        return Where(servers=_read_all(written, base), level="path item")
    return None


def _listed(written: Json) -> list[Json]:
    return written if isinstance(written, list) else []


def _of_swagger(root: JsonObject, schemes: Json) -> Iterator[JsonObject]:
    """The servers of a 2.0 document, in the words of 3.0; https first, as the order of `schemes` means nothing."""
    host, base_path = root.get("host"), root.get("basePath")
    path = base_path.strip() if isinstance(base_path, str) else ""
    path = path if path.startswith("/") or not path else f"/{path}"
    if not isinstance(host, str) or not host.strip():
        # It is where the document is; without a path too, the document says nothing.
        if path:
            yield {"url": path}
        return
    host = host.strip().rpartition("://")[2].rstrip("/")
    names = [name.lower() for name in _listed(schemes) if isinstance(name, str)]
    for scheme in sorted(names, reverse=True):
        yield {"url": f"{scheme}://{host}{path}"}
    if not names:
        # The scheme is the one the document was fetched by.
        yield {"url": f"//{host}{path}"}


def _read_all(written: Iterable[Json], base: str) -> tuple[Server, ...]:
    return tuple(server for one in written if isinstance(one, dict) and (server := _read(one, base)) is not None)


def _read(written: JsonObject, base: str) -> Server | None:
    url = written.get("url")
    if not isinstance(url, str) or not url.strip():
        return None
    url, variables = url.strip(), written.get("variables")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    values = [_values(variables.get(name) if isinstance(variables, dict) else None) for name in names]
    readings: list[Server] = []
    for chosen in islice(product(*values), _MAX_READINGS):
        filled = url
        for name, value in zip(names, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        server = _parse(filled, base)
        if server is not None and server not in readings:
            readings.append(server)
    if not readings:
        return None
    first, *others = readings
    return Server(
        scheme=first.scheme,
        host=first.host,
        port=first.port,
        prefix=first.prefix,
        is_said=first.is_said,
        others=tuple(others),
    )


def _values(variable: Json) -> list[str]:
    """The values of a variable, its default first. Without an `enum` it may be anything (OpenAPI 3.1, 4.8.6)."""
    variable = variable if isinstance(variable, dict) else {}
    listed = variable.get("enum")
    values = [text for one in _listed(listed) if (text := _text(one)) is not None]
    default = _text(variable.get("default"))
    return list(dict.fromkeys([*([] if default is None else [default]), *(values or [ANY])]))


def _text(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    # A default such as `<your-tenant>` is one that a person has to replace.
    return None if any(character in "{}<>" or character.isspace() for character in text) else text


def _parse(url: str, base: str) -> Server | None:
    """Read a URL without variables; None where it is no place that HTTP reaches."""
    if url.startswith(f"{ANY}://"):
        url = url.removeprefix(f"{ANY}:")
    elif _WITHOUT_SCHEME.fullmatch(url):
        url = f"//{url}"
    is_relative = not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", url)
    if is_relative and not base and not url.startswith("/"):
        # It is beside the document, which may be anywhere.
        return Server(prefix=ANY)
    try:
        parts = urlsplit(join_uri(base, url) if base else url)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https", ""}:
        return None
    host, port = _authority(parts.netloc)
    prefix = urlsplit(urljoin("http://host/", parts.path or "/")).path.rstrip("/")
    return Server(
        scheme=scheme,
        host=host,
        port=None if port == _DEFAULT_PORTS.get(scheme or "https") else port,
        prefix=prefix,
        is_said=not is_relative and _is_name(host),
    )


def _is_name(host: str) -> bool:
    """Tell a host's name from a placeholder, or from a variable with nothing around it that names anybody."""
    return host not in _SAYS_NOTHING and (bool(host) if ANY not in host else "." in host.strip(f".{ANY}"))


def _authority(netloc: str) -> tuple[str, int | None]:
    """Return host and port, without user name and password; empty if there is no host."""
    host, colon, port = netloc.rpartition("@")[2].lower().rpartition(":")
    if not colon or port.endswith("]"):
        host, port = netloc.rpartition("@")[2].lower(), ""
    if not _HOST.fullmatch(host):
        return "", None
    return host, int(port) if re.fullmatch(r"[0-9]{1,5}", port) else None
