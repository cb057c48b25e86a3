"""What an allowed operation may carry upstream, and the permit for one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRule:
    """One allowed operation, as the gate and the exchange need it. Immutable, picklable, built once per revision.

    Names of query parameters are percent-decoded bytes, names of header fields and cookies are bytes, header names in
    lower case. What the gateway injects is never among them.
    """

    method: str
    path_template: str
    operation_id: str
    """The name shown to clients, in the served document, tool lists and access records."""
    query_names: frozenset[bytes] = frozenset()
    query_prefixes: frozenset[bytes] = frozenset()
    """Names declared with `style: deepObject`: `filter` admits `filter[status]`."""
    withheld_names: frozenset[bytes] = frozenset()
    """Folded names (`gate.query.fold_name`) that `any_query` does not admit: they could make the call another operation."""
    denied_pairs: frozenset[tuple[bytes, str]] = frozenset()
    """Names and folded values that make the call a denied operation, where the template leaves the value to the caller."""
    any_query: bool = False
    """The document declares an exploded free-form object in the query: any name but an injected one is admitted."""
    header_names: frozenset[bytes] = frozenset()
    cookie_names: frozenset[bytes] = frozenset()
    has_request_body: bool = False
    media_types: tuple[bytes, ...] = ()
    """Of the request body, in lower case and without parameters, perhaps ranges; none means that any is taken."""
    declared_overrides: frozenset[bytes] = frozenset()
    """Method overrides (`gate.override`) that are declared as properties of the body, and so may be in it."""
    credential: str = ""
    """What the gateway puts into its calls, such as `header X-Api-Key`; empty where a 401 of the upstream is the caller's business."""
    links: tuple[tuple[str, ...], ...] = ()
    """Where URLs stand in its JSON answers that are to lead to the gateway: the tokens of JSON pointers, `*` for any."""
    is_safe: bool = True
    """GET, HEAD, OPTIONS, TRACE and QUERY are safe (RFC 9110, 9.2.1): `write_credential` is for the others."""

    def takes(self, place: str, name: str) -> bool:
        """Tell whether a caller may send a parameter that the operation declares: what it takes is what clients are shown.

        `place` and `name` are the document's `in` and `name`.
        """
        octets = name.encode(errors="replace")
        match place:
            case "query":
                return octets in self.query_names or octets in self.query_prefixes
            case "header":
                return octets.lower() in self.header_names
            case "cookie":
                return octets in self.cookie_names
            case _:
                return True


class Permit(NamedTuple):
    """The gate's yes to one call: what is forwarded is built from these and nothing else.

    `path` is byte for byte what the client sent and what was matched (origin-form, no query); `query` is rebuilt from
    the declared names, without `?`, empty when there is none.
    """

    rule: OperationRule
    path: bytes
    query: bytes
