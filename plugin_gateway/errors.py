"""The errors that blame a side, grouped by who caused them; the class decides the exit code and the status.

    GatewayError
    ├── UsageError                the command line cannot be understood                      exit 2
    ├── RedisMissingError         `limits.redis` is set, the redis extra is not installed    exit 2
    ├── EditError                 gateway.yaml is written in a way that no edit can keep     exit 2
    ├── FindingsError             files the operator wrote are wrong; has every finding      exit 2
    │   ├── ConfigError               gateway.yaml, its environment overrides, its secrets
    │   │   └── RefusedConfigError        the same, with the part of the config that is valid
    │   ├── DocumentError             the OpenAPI document
    │   │   ├── DocumentAwaitedError      its server does not answer yet
    │   │   └── BrokenReferencesError     kept operations depend on broken references
    │   └── RefusedError              one of them, when a gateway starts; has the report of `check`
    ├── WireError                 the client's bytes are not strict HTTP/1.1                 status 400, 413, 414, 431, 501, 505
    ├── UpstreamError             the upstream did not answer, or not in HTTP                status 502, 503, 504
    ├── BusyError                 callers send more credentials than can be verified         becomes a refusal
    ├── ProviderError             an authorization server did not answer, or not as it must  becomes a refusal
    └── TokenError                a token endpoint returned no token                         becomes a refusal

A class that only one room raises is in that room. Exceptions outside this tree blame no side: the code that catches them
decides what they mean. A call that is not permitted is not an error but a decision: `refusal.Refusal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding


class GatewayError(Exception):
    """The base of the errors that blame a side: the operator, the client, the upstream, or an authorization server."""

    exit_code: ClassVar[int] = 2


class UsageError(GatewayError):
    """The command line cannot be understood."""


class EditError(GatewayError):
    """A command cannot make the requested edit without changing more of gateway.yaml; `hint` says what a person can do."""

    def __init__(self, message: str, *, hint: str) -> None:
        """Keep the message and the hint."""
        self.hint = hint
        super().__init__(f"{message}: {hint}")


class FindingsError(GatewayError):
    """A file that the operator wrote is wrong; `findings` has every mistake in it, in file order."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; there must be at least one."""
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class ConfigError(FindingsError):
    """gateway.yaml, an environment override or a secret source is wrong."""


class DocumentError(FindingsError):
    """The OpenAPI document cannot be read, or its content is wrong."""


class DocumentAwaitedError(DocumentError):
    """The server of the document, or of a part of it, does not answer yet; a later attempt may succeed."""


class WireError(GatewayError):
    """The client's bytes are not one unambiguous HTTP/1.1 message (RFC 9112): answer `status`, then close."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        """Keep a status, a stable code, and as `detail` one sentence that quotes no secret."""
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class UpstreamError(GatewayError):
    """The gateway could not reach the upstream, or its answer is not HTTP; the client gets `status` 502, 503 or 504."""

    def __init__(self, status: int, code: str, detail: str, *, cause: str = "") -> None:
        """Keep a status, a stable code, and a `detail` that names neither the upstream's address nor its key.

        `cause` may name the address. Only the operator's log shows it, never the answer.
        """
        self.status, self.code, self.detail, self.cause = status, code, detail, cause
        super().__init__(f"{status} {code}: {detail}")
