"""The permit for one call, and the rule of an allowed operation: the names that its calls may carry upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from plugin_gateway.gate.variant import RequiredPair
    from plugin_gateway.shape.shape import Shape


class OperationRule(Struct, frozen=True, kw_only=True):
    """One allowed operation, as the gate and the exchange need it. Immutable, picklable, built once per revision.

    Names of query parameters are percent-decoded bytes; names of header fields and cookies are bytes, header names in lower
    case. Names that the gateway injects are left out.
    """

    method: str
    path_template: str
    operation_id: str
    """The name shown to clients, in the served document, tool lists and access records."""
    required: tuple[RequiredPair, ...] = ()
    """The pairs that select it among the operations of its method and path, from a template such as `/?Action=List`."""
    query_names: frozenset[bytes] = frozenset()
    query_prefixes: frozenset[bytes] = frozenset()
    """Names declared with `style: deepObject`: `filter` admits `filter[status]`."""
    withheld_names: frozenset[bytes] = frozenset()
    """Folded names (`gate.query.fold_name`) that are refused despite `any_query`: they could select another operation."""
    denied_pairs: frozenset[tuple[bytes, str]] = frozenset()
    """The names and folded values of operations that are denied or have other terms.

    A call may not choose one of them for a value that the template leaves open.
    """
    any_query: bool = False
    """The document declares an exploded free-form object in the query: any name but an injected one is admitted."""
    header_names: frozenset[bytes] = frozenset()
    cookie_names: frozenset[bytes] = frozenset()
    withheld_headers: frozenset[bytes] = frozenset()
    """Folded header names (`config.header_names.fold_header`) that never go up as the client sent them: the shape writes them.
    """
    has_request_body: bool = False
    media_types: tuple[bytes, ...] = ()
    """Declared types of the request body, in lower case and without parameters; may be ranges. Empty admits any type."""
    declared_overrides: frozenset[bytes] = frozenset()
    """Method overrides (`gate.override`) that the body may have, because the document declares them as properties."""
    closed_in_bodies: frozenset[bytes] = frozenset()
    """Folded names of the query that the body may not have (`gate.body_names`)."""
    credential: str = ""
    """The gateway's credential in its calls, such as `header X-Api-Key`; empty if a 401 of the upstream goes to the caller."""
    links: tuple[tuple[str, ...], ...] = ()
    """Places of URLs in its JSON answers that the gateway rewrites to itself: the tokens of JSON pointers, `*` for any."""
    is_safe: bool = True
    """GET, HEAD, OPTIONS, TRACE and QUERY are safe (RFC 9110, 9.2.1); `write_credential` is for other methods."""
    shape: Shape | None = None
    """What its calls may carry besides these names; None for most operations."""

    @property
    def reads_answers(self) -> bool:
        """Whether the gateway changes or judges every body of an answer, so that they must come whole and not compressed."""
        return bool(self.links) or (self.shape is not None and self.shape.reads_answers)

    @property
    def names(self) -> tuple[frozenset[bytes], ...]:
        """The names that `takes` knows."""
        return self.query_names, self.query_prefixes, self.header_names, self.cookie_names

    def takes(self, place: str, name: str) -> bool:
        """Whether a caller may send a declared parameter. Clients see exactly the parameters that this admits.

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
    """The gate's yes to one call. The forwarded target is built only from these fields.

    `path` is byte for byte the path that the client sent and the gate matched (origin-form, no query). `query` is rebuilt
    from the declared names, without `?`; it may be empty.
    """

    rule: OperationRule
    path: bytes
    query: bytes
