"""The errors, by whose fault they are; an exit code and a status follow from the class.

    GatewayError
    ├── UsageError        the command line cannot be understood                        exit 2
    ├── FindingsError     files the operator wrote are wrong; carries every finding    exit 2
    │   ├── ConfigError       gateway.yaml, its environment overrides, its secrets
    │   └── DocumentError     the OpenAPI document
    │       └── DocumentAwaitedError  its server does not answer yet
    ├── WireError         the client's bytes are not strict HTTP/1.1                    status 400, 413, 414, 431, 501, 505
    └── UpstreamError     the upstream did not answer, or not in HTTP                   status 502, 503, 504

A call that is not permitted is no error: it is a decision, `refusal.Refusal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.diagnostics import Finding


class GatewayError(Exception):
    """Anything plugin-gateway raises on purpose."""

    exit_code: ClassVar[int] = 2


class UsageError(GatewayError):
    """The command line cannot be understood."""


class FindingsError(GatewayError):
    """Something an operator wrote is wrong; every mistake found is in `findings`, in file order."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; there is at least one."""
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class ConfigError(FindingsError):
    """gateway.yaml, an environment override or a secret source is wrong."""


class DocumentError(FindingsError):
    """The OpenAPI document cannot be read, or says what it must not."""


class DocumentAwaitedError(DocumentError):
    """The server of the document, or of a part of it, does not answer yet; the same question may be answered later."""


class WireError(GatewayError):
    """The client's bytes are not one unambiguous HTTP/1.1 message (RFC 9112); answered with `status`, then closed."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        """Keep what the answer needs: a status, a stable code and one sentence that quotes no secret."""
        self.status, self.code, self.detail = status, code, detail
        super().__init__(f"{status} {code}: {detail}")


class UpstreamError(GatewayError):
    """The upstream could not be asked, or its answer is not HTTP; answered with `status` 502, 503 or 504."""

    def __init__(self, status: int, code: str, detail: str, *, cause: str = "") -> None:
        """Keep what the answer needs; `detail` names neither the upstream's address nor its key.

        `cause` may name the address. It is for the operator's log and never part of the answer.
        """
        self.status, self.code, self.detail, self.cause = status, code, detail, cause
        super().__init__(f"{status} {code}: {detail}")
