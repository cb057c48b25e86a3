"""Shaping: one operation while its description and its shape are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway.shape.shape import NO_SHAPE, Shape

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, JsonObject, OperationKey
    from plugin_gateway.shape.describe.joined import JoinedParameters
    from plugin_gateway.shape.settings import OperationSettings
    from plugin_gateway.shape.values.standalone import Copies


class Shaping(Struct, kw_only=True):
    """One operation while it is shaped.

    `node` is a copy of its object, which the steps change in place. It refers to components of `document`, which all operations
    share: a step that changes what a reference leads to writes a changed copy in place of the reference.
    """

    key: OperationKey
    node: JsonObject
    document: Document
    """OpenAPI 3.1, with the parameters of path items written into the operations."""
    settings: OperationSettings
    described: JsonObject = field(default_factory=dict)
    """The operation as the document describes it."""
    joined: JoinedParameters = field(default_factory=dict)
    shape: Shape = NO_SHAPE
    copies: Copies | None = None
    """The components that validators share; None if a step may change the document."""
    findings: list[Finding] = field(default_factory=list)
    """Located by pointers into gateway.yaml, such as `("allow", 0, "parameters", "limit", "maximum")`."""
    absent: list[Finding] = field(default_factory=list)
    """Findings about pointers of a group's entry without a place here: errors if no operation of the group has the place."""
