"""The changes of operations between two documents, in words; it marks changes that break callers or could steer a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.lock.change import Change, Effect, added, breaking, harmless, other_changes, text_changes
from plugin_gateway.lock.parts import PARTS, Closures
from plugin_gateway.lock.schema_changes import SchemaComparison
from plugin_gateway.openapi.parameters import declared_parameters, follow
from plugin_gateway.openapi.values import as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.openapi.document import Document, Json, Operation, OperationKey

_IN_BODY: Final = ("body", "formData")
_TEXTS_OF_A_TAG: Final = ("summary", "description", "externalDocs")
_TEXTS: Final = ("operationId", "summary", "description", "tags", "externalDocs")
_DESCRIBED: Final = frozenset(
    {*_TEXTS, "parameters", "requestBody", "responses", "deprecated", "security", "servers", "consumes", "produces"}
)
"""The fields of an operation whose changes this module describes in specific words."""
_HOLDERS_OF_A_SCHEMA: Final = frozenset({"schema", "content"})
_DESCRIBED_OF_A_PARAMETER: Final = _HOLDERS_OF_A_SCHEMA | frozenset(
    {"name", "in", "required", "description", "example", "examples", "style", "explode", "allowReserved"}
)


def compare(old: Document, new: Document, keys: Iterable[OperationKey]) -> Iterator[Change]:
    """Yield the changes of these operations, in order.

    Raises:
        DocumentError: an operation's text is not valid.
    """
    closures = Closures(old), Closures(new)
    for key in keys:
        before, after = old.operations.get(key), new.operations.get(key)
        if before is None and after is not None:
            yield Change(str(key), "was added")
        elif after is None and before is not None:
            yield Change(str(key), "was removed", Effect.BREAKING)
        elif before is not None and after is not None:
            was, now = closures[0].parts_of(before), closures[1].parts_of(after)
            if was != now:
                found = [*dict.fromkeys(_Comparison(old, new).changes(before, after))]
                yield from (Change(str(key), message, effect) for message, effect in found)
                if not found:
                    names = [name for name, one, other in zip(PARTS, was, now, strict=True) if one != other]
                    effect = Effect.STEERING if names == ["texts"] else Effect.HARMLESS
                    yield Change(
                        str(key), f"its {' and '.join(names)} changed in a detail that `diff` does not describe", effect
                    )


def compare_roots(old: Document, new: Document) -> Iterator[Change]:
    """Yield the changes of the fields that belong to no operation."""
    before, after = as_mapping(old.root.get("info")), as_mapping(new.root.get("info"))
    names = ("title", "summary", "description", "termsOfService", "contact", "license")
    yield from (
        Change("", message, effect) for message, effect in text_changes(before, after, names, "the document's ")
    )
    for name in ("servers", "host", "basePath", "schemes"):
        if old.root.get(name) != new.root.get(name):
            yield Change("", f"the document's `{name}` changed: check `upstream.url`")


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._request = SchemaComparison(old, new, is_request=True)
        self._response = SchemaComparison(old, new, is_request=False)

    def changes(self, old: Operation, new: Operation) -> Iterator[tuple[str, Effect]]:
        yield from text_changes(old.node, new.node, _TEXTS, "its ")
        was, now = _tags(self._old), _tags(self._new)
        for tag in sorted({*old.tags} & {*new.tags}):
            yield from text_changes(was.get(tag, {}), now.get(tag, {}), _TEXTS_OF_A_TAG, f"its tag `{tag}`: ")
        yield from self._parameters(_by_name(old, self._old), _by_name(new, self._new))
        yield from self._body(_body_of(old, self._old), _body_of(new, self._new))
        yield from self._replies(as_mapping(old.node.get("responses")), as_mapping(new.node.get("responses")))
        if bool(old.node.get("deprecated")) != bool(new.node.get("deprecated")):
            yield harmless("it is deprecated now" if new.node.get("deprecated") else "it is no longer deprecated")
        if _security(old, self._old) != _security(new, self._new):
            yield harmless("the upstream asks for other credentials")
        if _servers(old) != _servers(new):
            yield harmless("its servers changed")
        yield from other_changes(old.node, new.node, _DESCRIBED, "its ")

    def _parameters(
        self, old: Mapping[tuple[str, str], dict[str, Any]], new: Mapping[tuple[str, str], dict[str, Any]]
    ) -> Iterator[tuple[str, Effect]]:
        for place, name in dict.fromkeys((*old, *new)):
            before, after = old.get((place, name)), new.get((place, name))
            what = f"{place} parameter `{name}`"
            if after is None:
                yield breaking(f"{what} was removed")
            elif before is None:
                is_needed = after.get("required") is True
                yield added(f"{what} was added{' and is required' if is_needed else ''}", after, is_breaking=is_needed)
            else:
                was, now = (one.get("required") is True for one in (before, after))
                if was != now:
                    yield breaking(f"{what} became required") if now else harmless(f"{what} became optional")
                yield from text_changes(before, after, ("description", "example", "examples"), f"{what}: ")
                for field in ("style", "explode", "allowReserved", "collectionFormat"):
                    if before.get(field) != after.get(field):
                        yield breaking(f"{what}: `{field}` changed")
                yield from self._request.changes(_schema_of(before), _schema_of(after), what)
                if _HOLDERS_OF_A_SCHEMA & {*before, *after}:
                    yield from other_changes(before, after, _DESCRIBED_OF_A_PARAMETER, f"{what}: ")

    def _body(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[tuple[str, Effect]]:
        if old is None and new is None:
            return
        if new is None:
            yield breaking("the request body was removed")
        elif old is None:
            is_needed = new.get("required") is True
            yield added(
                f"a request body was added{' and is required' if is_needed else ''}", new, is_breaking=is_needed
            )
        else:
            was, now = (one.get("required") is True for one in (old, new))
            if was != now:
                yield (
                    breaking("the request body became required")
                    if now
                    else harmless("the request body became optional")
                )
            yield from text_changes(old, new, ("description",), "the request body: ")
            yield from self._content(old, new, "the body", self._request)
            yield from other_changes(old, new, {"required", "description", "content"}, "the request body: ")

    def _replies(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Effect]]:
        for status in dict.fromkeys((*old, *new)):
            before = (follow(old[status], self._old) or {}) if status in old else None
            after = (follow(new[status], self._new) or {}) if status in new else None
            if after is None:
                yield breaking(f"reply {status} was removed")
            elif before is None:
                yield added(f"reply {status} was added", after)
            else:
                yield from text_changes(before, after, ("description", "examples"), f"reply {status}: ")
                yield from self._content(before, after, f"reply {status}", self._response)
                gone = [
                    name for name in as_mapping(before.get("headers")) if name not in as_mapping(after.get("headers"))
                ]
                yield from (breaking(f"reply {status}: the header `{name}` was removed") for name in gone)
                described = {"description", "examples", "content", "schema"} | ({"headers"} if gone else set())
                yield from other_changes(before, after, described, f"reply {status}: ")

    def _content(
        self, old: dict[str, Any], new: dict[str, Any], where: str, schemas: SchemaComparison
    ) -> Iterator[tuple[str, Effect]]:
        before, after = _content_of(old), _content_of(new)
        for media_type in dict.fromkeys((*before, *after)):
            if media_type not in after:
                yield breaking(f"{where}: the media type `{media_type}` was removed")
            elif media_type not in before:
                yield harmless(f"{where}: the media type `{media_type}` was added")
            else:
                one, other = as_mapping(before[media_type]), as_mapping(after[media_type])
                yield from text_changes(one, other, ("example", "examples"), f"{where}: ")
                yield from schemas.changes(one.get("schema"), other.get("schema"), where)
                yield from other_changes(one, other, {"example", "examples", "schema"}, f"{where}: ")


def _by_name(operation: Operation, document: Document) -> dict[tuple[str, str], dict[str, Any]]:
    found = declared_parameters(operation, document)
    return {(str(one.get("in")), str(one.get("name"))): one for one in found if one.get("in") not in _IN_BODY}


def _body_of(operation: Operation, document: Document) -> dict[str, Any] | None:
    if (body := operation.node.get("requestBody")) is not None:
        return follow(body, document)
    in_body = [one for one in declared_parameters(operation, document) if one.get("in") in _IN_BODY]
    if not in_body:
        return None
    whole = next((one for one in in_body if one.get("in") == "body"), None)
    fields = {str(one.get("name")): one for one in in_body}
    needed = [name for name, one in fields.items() if one.get("required") is True]
    schema = whole.get("schema") if whole is not None else {"properties": fields, "required": needed}
    return {"required": bool(needed), "content": {"*/*": {"schema": schema}}}


def _schema_of(parameter: dict[str, Any]) -> Json:
    if "schema" in parameter:
        return parameter["schema"]
    content = as_mapping(parameter.get("content"))
    # In 2.0 the parameter itself has the fields of a schema; its description was compared already.
    inline = {name: value for name, value in parameter.items() if name not in {"description", "required"}}
    return as_mapping(next(iter(content.values()), None)).get("schema") if content else inline


def _content_of(holder: dict[str, Any]) -> dict[str, Any]:
    if isinstance(content := holder.get("content"), dict):
        return content
    return {"*/*": {"schema": holder["schema"]}} if "schema" in holder else {}


def _security(operation: Operation, document: Document) -> Json:
    return operation.node.get("security", document.root.get("security"))


def _servers(operation: Operation) -> Json:
    return operation.node.get("servers") or operation.path_item.get("servers")


def _tags(document: Document) -> dict[str, dict[str, Any]]:
    tags = document.root.get("tags")
    return {
        tag["name"]: tag
        for tag in (tags if isinstance(tags, list) else ())
        if isinstance(tag, dict) and isinstance(tag.get("name"), str)
    }
