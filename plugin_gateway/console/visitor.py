"""The visitor: whether a browser or a program opens a link.

A browser sends its cookies to every port of their host, so its session needs a second secret. A program sends its cookie where it was
told to, so the cookie is enough. One sign of a browser is enough: if a browser passed for a program, other servers of
the machine could use its cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers


def is_program(headers: Headers) -> bool:
    """Return whether a request has no sign of a browser.

    A page cannot take these signs out of a browser's request. By the Fetch standard, a navigation accepts `text/html`.
    By Fetch Metadata, each request to this machine states its site and its destination. Each browser calls itself
    Mozilla, also in the requests of its extensions.
    """
    names_html = "text/html" in ",".join(headers.getlist("accept")).lower()
    is_mozilla = "mozilla" in ",".join(headers.getlist("user-agent")).lower()
    return not (names_html or is_mozilla or "sec-fetch-site" in headers or "sec-fetch-dest" in headers)
