"""The catalogue: an index of a document's operations, for selectors to look up and for did-you-mean hints."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from plugin_gateway.config.operation_text import run_together
from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.gate.template import parse_template
from plugin_gateway.methods import KNOWN, PREFLIGHT
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.openapi.near_misses import hint_of_id, hint_of_key
from plugin_gateway.revision.name_pattern import names_like, pattern_in
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.config.selector import Selector
    from plugin_gateway.openapi.document import Document, Operation

_NEAREST = 3
_MOST_SHOWN = 10


class Catalogue:
    """The operations of a document, indexed by operationId, tag and path."""

    def __init__(self, document: Document) -> None:
        self.operations: Mapping[OperationKey, Operation] = document.operations
        self._document = document

    @cached_property
    def _by_id(self) -> Mapping[str, list[Operation]]:
        by_id: dict[str, list[Operation]] = defaultdict(list)
        for key, operation_id in self._document.operation_ids.items():
            by_id[operation_id].append(self.operations[key])
        return by_id

    @cached_property
    def _by_tag(self) -> Mapping[str, list[Operation]]:
        by_tag: dict[str, list[Operation]] = defaultdict(list)
        for operation in self.operations.values():
            for tag in operation.tags:
                by_tag[tag].append(operation)
        return by_tag

    @cached_property
    def _methods(self) -> Mapping[str, list[str]]:
        methods: dict[str, list[str]] = defaultdict(list)
        for key in self.operations:
            methods[key.path].append(key.method)
        return methods

    def is_removed(self, selector: Selector) -> bool:
        """Whether an overlay took the operation that the entry names out of the document."""
        removed = self._document.removed
        if selector.key is not None:
            return OperationKey(*selector.key) in removed
        return bool(selector.operation) and selector.operation in removed.values()

    def with_id(self, operation_id: str) -> list[Operation]:
        return self._by_id.get(operation_id, [])

    def with_tag(self, tag: str) -> list[Operation]:
        return self._by_tag.get(tag, [])

    def under(self, glob: str) -> list[Operation]:
        """Operations whose path template fits: `*` is one segment, `**` any number of them."""
        return [operation for operation in self.operations.values() if fits_glob(operation.key.path, glob)]

    def methods_of(self, path: str) -> list[str]:
        return self._methods.get(path, [])

    def guess_id(self, operation_id: str) -> str:
        return _did_you_mean(operation_id, self._by_id)

    def hint_of_near_miss(self, selector: Selector) -> str:
        """Say where the document has an operation that a slip in it hides from the gateway."""
        if selector.key is not None:
            return hint_of_key(self._document, OperationKey(*selector.key))
        return hint_of_id(self._document, selector.operation) if selector.operation is not None else ""

    def guess_name(self, name: str) -> str:
        """Guess what an unknown operationId means: a summary, method, pattern or path, or several entries without dashes."""
        if hint := run_together(name):
            return hint
        if named := self._with_summary(name):
            return f"write {_either(named)}, which has this summary" if len(named) == 1 else f"write {_either(named)}"
        if name.upper() in KNOWN:
            return f"to name every {name.upper()} operation, write `{name.upper()} /**`"
        bare = name.removeprefix("^").removesuffix("$")
        if bare != name and bare.startswith("/") and "*" not in bare:
            return self.guess_name(bare)
        if pattern := pattern_in(name):
            like = names_like(pattern, self._by_id)
            more = " …" if len(like) > _MOST_SHOWN else ""
            shown = ", ".join(f"`- {one}`" for one in like[:_MOST_SHOWN])
            return f"an operationId has no wildcards: write {shown}{more}" if shown else _OF_A_GLOB
        path = "/" + name.strip("/")
        if "/" in name and (methods := self.methods_of(path)):
            return f"write {_either(f'{method} {path}' for method in methods)}"
        if name.startswith("/"):
            shape = parse_template(name).shape
            same = [str(other) for other in self.operations if parse_template(other.path).shape == shape]
            if same:
                return f"write {_either(same)}"
            near = closest(name, self._methods)
            if near:
                return f"did you mean {_either(f'{method} {near[0]}' for method in self._methods[near[0]])}?"
        words = [word.strip(",") for word in name.split() if word.strip("-,")]
        words = [word.lstrip("-") for word in words]
        if len(words) > 1 and all(self.with_id(word) for word in words):
            return f"begin each entry with a dash and a blank: {', '.join(f'`- {word}`' for word in words)}"
        return self.guess_id(name)

    def _with_summary(self, text: str) -> list[str]:
        """Return the names of the operations with this summary; a text of one word is an operationId."""
        if " " not in text.strip():
            return []
        wanted = text.strip().rstrip(".").casefold()
        found = [one for one in self.operations.values() if one.summary.rstrip(".").casefold() == wanted]
        ids = self._document.operation_ids
        return [
            name if len(self.with_id(name := ids.get(one.key, ""))) == 1 else str(one.key) for one in found[:_NEAREST]
        ]

    def guess_tag(self, tag: str) -> str:
        tags = [part.strip() for part in tag.split(",")]
        if len(tags) > 1 and all(map(self.with_tag, tags)):
            return f"write one entry for each tag: {', '.join(f'`- tag: {one}`' for one in tags)}"
        return _did_you_mean(tag, self._by_tag)

    def guess_key(self, key: OperationKey) -> str:
        """Guess which operation an unknown METHOD and path mean."""
        if methods := self.methods_of(key.path):
            if key.method == "HEAD" and "GET" in methods:
                return f"write `GET {key.path}`, which permits HEAD, too"
            if key.method == PREFLIGHT:
                return f"remove the entry: the gateway answers {PREFLIGHT} itself"
            return f"that path has {', '.join(methods)}"
        shape = parse_template(key.path).shape
        for other in self.operations:
            if other.method == key.method and parse_template(other.path).shape == shape:
                return f"did you mean `{other}`?"
        same_method = [other for other in self.operations if other.method == key.method]
        for is_near in (_is_instance, _is_below):
            for other in same_method:
                if is_near(key.path, other.path):
                    return f"did you mean `{other}`?"
        return _did_you_mean(str(key), map(str, self.operations))

    def guess_path(self, glob: str) -> str:
        if glob.endswith("/**"):
            depth = glob.count("/")
            return _did_you_mean(
                glob, dict.fromkeys("/".join(path.split("/")[:depth]) + "/**" for path in self._methods)
            )
        return _did_you_mean(glob.replace("/**", ""), self._methods)


def match(selector: Selector, catalogue: Catalogue) -> list[Operation]:
    """The operations that a selector names, in document order. An ambiguous operationId names several."""
    if selector.operation is not None:
        if selector.key is None:
            return catalogue.with_id(selector.operation)
        operation = catalogue.operations.get(OperationKey(*selector.key))
        return [operation] if operation else []
    found = catalogue.with_tag(selector.tag) if selector.tag is not None else catalogue.under(selector.path or "")
    if not selector.methods or "*" in selector.methods:
        return found
    return [operation for operation in found if operation.key.method in selector.methods]


def describe(selector: Selector) -> str:
    """The entry in short form, for messages."""
    if selector.operation is not None:
        return f"`{selector.operation}`"
    methods = f"{', '.join(selector.methods)} " if selector.methods else ""
    return f"`{methods}tag {selector.tag}`" if selector.tag is not None else f"`{methods}{selector.path}`"


_OF_A_GLOB = "write `- {path: /**}` for every path; `*` stands for a segment of a path, `**` for any number"


def unmatched(selector: Selector, catalogue: Catalogue, pointer: Pointer) -> Finding:
    """The error for an entry that matches no operation, with the nearest names as a hint.

    Where the document has no operations, this is the error, and it is the same for every entry.
    """
    if catalogue.is_removed(selector):
        what, hint = f"an overlay removes {describe(selector)}", "remove the entry, or the action of the overlay"
    elif selector.operation is not None and selector.key is None:
        what, hint = f"no operation has the operationId {describe(selector)}", catalogue.guess_name(selector.operation)
    elif selector.key is not None:
        what, hint = f"there is no operation {describe(selector)}", catalogue.guess_key(OperationKey(*selector.key))
    elif selector.tag is not None:
        found = catalogue.with_tag(selector.tag)
        what, hint = (
            f"no operation matches {describe(selector)}",
            _other_methods(found) or catalogue.guess_tag(selector.tag),
        )
    else:
        found = catalogue.under(selector.path or "")
        what = f"no path matches {describe(selector)}"
        hint = _other_methods(found) or catalogue.guess_path(selector.path or "")
    if near_miss := catalogue.hint_of_near_miss(selector):
        hint = near_miss
    elif not catalogue.operations and not catalogue.is_removed(selector):
        what, hint = "the document has no operations", "write them under `paths`, as in `/pets: {get: {responses: …}}`"
        pointer = ("openapi", "source")
    return Finding(rule="unknown-operation", message=what, hint=hint, pointer=pointer)


def named_later(selector: Selector, keys: Sequence[OperationKey], pointer: Pointer) -> Finding:
    """Warn of operations that an entry names since the document changed, but does not open."""
    shown = ", ".join(f"`{key}`" for key in keys[:_MOST_SHOWN])
    more = f" and {len(keys) - _MOST_SHOWN} more" if len(keys) > _MOST_SHOWN else ""
    verb, them = ("stay", "them") if len(keys) > 1 else ("stays", "it")
    return Finding(
        rule="later-operation",
        severity=Severity.WARNING,
        message=f"{shown}{more} {verb} closed: {describe(selector)} names {them} only since the document changed",
        hint="to open one, list it in gateway.yaml; to open all, run `plugin-gateway lock`",
        pointer=pointer,
    )


def fits_glob(path: str, glob: str) -> bool:
    """Whether a glob matches a path template. Segments are compared as text."""
    segments, wanted = path.split("/"), glob.split("/")
    at = star = -1
    index = 0
    position = 0
    # On a mismatch, go back to the last `**` and let it take one more segment.
    while index < len(segments):
        if position < len(wanted) and wanted[position] == "**":
            star, at = position, index
            position += 1
        elif position < len(wanted) and (
            wanted[position] == segments[index] or (wanted[position] == "*" and segments[index])
        ):
            index += 1
            position += 1
        elif star >= 0:
            at += 1
            index, position = at, star + 1
        else:
            return False
    return all(rest == "**" for rest in wanted[position:])


def _is_instance(path: str, template: str) -> bool:
    """Whether the path matches the template, as `/orders/7` matches `/orders/{id}`; a trailing slash is ignored."""
    segments, wanted = path.rstrip("/").split("/"), template.rstrip("/").split("/")
    pairs = zip(segments, wanted, strict=False)
    return len(segments) == len(wanted) and all(a == b or (a and b.startswith("{")) for a, b in pairs)


def _is_below(path: str, template: str) -> bool:
    """Whether the path matches the template after a prefix, such as the path of `upstream.url`."""
    depth = template.count("/")
    return (
        template != "/" and path.count("/") > depth and _is_instance("/" + "/".join(path.split("/")[-depth:]), template)
    )


def _other_methods(found: Iterable[Operation]) -> str:
    methods = dict.fromkeys(operation.key.method for operation in found)
    return f"the operations there have {', '.join(methods)}" if methods else ""


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _did_you_mean(word: str, names: Iterable[str]) -> str:
    near = closest(word, names, _NEAREST)
    if not near:
        return "`plugin-gateway ops` lists the operations of the document"
    *front, last = (f"`{name}`" for name in near)
    return f"did you mean {', '.join(front)} or {last}?" if front else f"did you mean {last}?"
