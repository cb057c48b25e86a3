"""The provider: a client of an authorization server. Only this module of `callers/` imports httpx2."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import GatewayError
from plugin_gateway.telemetry.cause import root_cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

MAX_ANSWER_BYTES: Final = 512 * 1024
TIMEOUT_S: Final = 5.0
_MAX_CONNECTIONS: Final = 20


class ProviderError(GatewayError):
    """The provider did not answer, or its answer is unusable. The message quotes no token."""


class Provider:
    """An HTTP client for providers only: no cookies, no redirects, no proxies from the environment."""

    def __init__(self) -> None:
        self._client: httpx2.AsyncClient | None = None

    async def get_json(self, url: str) -> dict[str, Any]:
        """Fetch a JSON object.

        Raises:
            ProviderError: the provider returns no JSON object.
        """
        _, status, body = await self._ask("GET", url, b"", {"accept": "application/json"}, None)
        return _object(url, status, body)

    async def post_form(self, url: str, form: bytes, *, login: tuple[str, str] | None = None) -> dict[str, Any]:
        """Post a form and return the JSON object in the answer.

        Raises:
            ProviderError: the provider returns no JSON object, or refuses the request.
        """
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        _, status, body = await self._ask("POST", url, form, headers, login)
        return _object(url, status, body)

    async def relay_form(self, url: str, form: bytes, headers: Mapping[str, str]) -> tuple[str, int, bytes]:
        """Post a form; return the media type, the status and the body of any answer.

        Raises:
            ProviderError: the provider does not answer.
        """
        sent = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json", **headers}
        return await self._ask("POST", url, form, sent, None)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _ask(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], login: tuple[str, str] | None
    ) -> tuple[str, int, bytes]:
        import httpx2  # noqa: PLC0415  # most gateways never ask a provider

        if self._client is None:
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                timeout=TIMEOUT_S,
                limits=httpx2.Limits(max_connections=_MAX_CONNECTIONS),
            )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                request = self._client.build_request(method, url, content=body or None, headers=dict(headers))
                response = await self._client.send(request, auth=login, stream=True)
                try:
                    content = b""
                    async for piece in response.aiter_bytes():
                        content += piece
                        if len(content) > MAX_ANSWER_BYTES:
                            raise ProviderError(f"the answer of {_place(url)} is too large")
                finally:
                    await response.aclose()
                    # A cookie jar would send one caller's cookies with the next caller's request.
                    self._client.cookies.clear()
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            raise ProviderError(f"{_place(url)} does not answer: {root_cause_of(error)}") from None
        return response.headers.get("content-type", ""), response.status_code, content


def _object(url: str, status: int, body: bytes) -> dict[str, Any]:
    if status != 200:
        raise ProviderError(f"{_place(url)} answers {status}")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ProviderError(f"{_place(url)} does not answer with a JSON object")
    return value


def _place(url: str) -> str:
    return url.partition("?")[0]
