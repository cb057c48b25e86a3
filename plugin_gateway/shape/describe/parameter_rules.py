"""The rules for parameters: makes the description of each parameter, and its part of the shape, from gateway.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from plugin_gateway.config.header_names import is_cookie_name, is_field_name
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.describe.body_trims import BodyTrims
from plugin_gateway.shape.describe.body_validator import body_validator
from plugin_gateway.shape.describe.declared import PLACES, DeclaredParameter, find_named, written
from plugin_gateway.shape.describe.form_rules import form_body
from plugin_gateway.shape.describe.narrowing import narrow, validator_of
from plugin_gateway.shape.describe.parameter_mentions import find_parameter_mentions
from plugin_gateway.shape.describe.parameter_parts import is_spread, part_of, path_parts, reader_of
from plugin_gateway.shape.media_type import FORM, is_json
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.names import NO_NAMES, Names, key_of
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.whole_query import WholeQuery
from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.kind import Kind, kind_of
from plugin_gateway.shape.values.scalar import UnwritableError

if TYPE_CHECKING:
    from plugin_gateway.config.parameter_rule import ParameterRule
    from plugin_gateway.openapi.document import Document, JsonObject
    from plugin_gateway.shape.describe.joined import Joined
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.request.part import Part
    from plugin_gateway.shape.request.reader import Reader
    from plugin_gateway.shape.values.validator import Validator

_NO_TRIMS: Final = BodyTrims(keep=None, drop=frozenset(), fixed={})
_NOT_OF_THE_PATH: Final = ("hidden", "fixed", "default", "rename")


def shape_parameters(shaping: Shaping) -> None:
    """Apply the rules of an operation's parameters, and compile the judge of its calls."""
    listed = shaping.node.get("parameters")
    nodes = listed if isinstance(listed, list) else []
    declared = [
        DeclaredParameter(node, node["in"], node["name"])
        for node in nodes
        if isinstance(node, dict) and node.get("in") in PLACES and isinstance(node.get("name"), str)
    ]
    rules = _ParameterRules(shaping, declared)
    rules.match_rules()
    parts = [part for one in declared if (part := rules.part(one)) is not None]
    readers = {
        one.name: reader for one in declared if one.place == "path" and (reader := rules.reader(one)) is not None
    }
    hidden = [one.node for one in declared if not one.visible_name]
    shaping.node["parameters"] = [node for node in nodes if not any(node is one for one in hidden)]
    if not shaping.node["parameters"]:
        del shaping.node["parameters"]
    shaping.findings += find_parameter_mentions(shaping, declared)
    in_path = path_parts(shaping.key.path, readers)
    # A parameter that is only hidden has a name to close and no part.
    shaping.shape = replace(shaping.shape, names=rules.names())
    whole_query = rules.whole_query(nodes)
    if parts or in_path or whole_query is not None:
        shaping.shape = replace(shaping.shape, parameters=Parameters(tuple(parts), in_path, whole_query))


class _ParameterRules:
    """The rules of one operation."""

    def __init__(self, shaping: Shaping, declared: list[DeclaredParameter]) -> None:
        self._shaping = shaping
        self._document: Document = shaping.document
        self._declared = declared
        self._check = shaping.settings.validates_request

    def match_rules(self) -> None:
        """Give each parameter its rule, and report a name that fits several."""
        for key, rule in self._shaping.settings.parameters.items():
            found = find_named(key, self._declared)
            if len(found) > 1:
                words = [f"`{one.place}:{one.name}`" for one in found]
                self._report(
                    key,
                    "",
                    "ambiguous-parameter",
                    f"`{key}` names {len(found)} parameters",
                    f"write {' or '.join(words)}",
                )
                continue
            for one in found:
                if one.rule is not None:
                    self._report(
                        key, "", "duplicate-parameter", f"`{one.key}` names the same parameter", "write one of the two"
                    )
                else:
                    one.rule, one.key = rule, key
                    self._judge_rule(one, rule)

    def _judge_rule(self, one: DeclaredParameter, rule: ParameterRule) -> None:
        if one.is_ignored:
            one.rule = None
            message = f"OpenAPI ignores a header parameter that is called `{one.name}`, and clients send this field themselves"
            self._report(one.key, "", "not-for-this-place", message, "leave it out")
            return
        if one.place == "path":
            one.rule = rule = self._without_what_a_path_cannot(one, rule)
        elif rule.slashes == "allowed":
            message = f"`{one.name}` is in the {one.place}, where every value may have slashes"
            self._report(one.key, "slashes", "not-for-this-place", message, "leave it out")
        if rule.hidden and one.node.get("required") is True:
            message = f"`{one.name}` is required: without it, the API refuses each call"
            hint = "write `fixed: VALUE` instead, which hides it, too"
            self._report(one.key, "hidden", "hidden-required", message, hint)
        for word, value in (("fixed", rule.fixed), ("default", rule.default)):
            if word in rule.written and value is None:
                self._report(one.key, word, "wrong-type", f"`{word}` has no value", "write a value after the colon")
        self._narrow(one, rule)
        if rule.description is not None:
            one.node["description"] = rule.description
        if rule.rename:
            self._rename(one, rule.rename)

    def _without_what_a_path_cannot(self, one: DeclaredParameter, rule: ParameterRule) -> ParameterRule:
        """Report the settings that a path parameter cannot have, and return the rule without them."""
        settings = rule.written_values
        for word in _NOT_OF_THE_PATH:
            if settings.pop(word, None) not in (None, False):
                message = f"`{word}` is not possible for `{one.name}`: it is a part of the path, which clients write"
                hint = "write `enum: [VALUE]` for the values that callers may put there"
                if word == "rename":
                    hint = "leave it out: the name is in the path template, and no call has it"
                self._report(one.key, word, "not-for-this-place", message, hint)
        return rule.of(**settings)

    def _narrow(self, one: DeclaredParameter, rule: ParameterRule) -> None:
        if rule.minimum is not None or rule.maximum is not None or rule.enum is not None:
            narrowed = narrow(one.schema, rule, self._document)
            if isinstance(narrowed, list):
                for wrong in narrowed:
                    self._report(one.key, wrong.field, wrong.rule, f"`{one.name}`: {wrong.message}", wrong.hint)
            else:
                self._warn_of_default(one, narrowed)
                one.schema = narrowed
                one.is_narrowed = True
                self._drop_examples(one)
        if rule.default is not None and one.place != "path" and self._fits(one, "default", rule.default):
            one.schema = {**(follow(one.schema, self._document) or {}), "default": rule.default}
            one.node.pop("required", None)
        if rule.fixed is not None and one.place != "path":
            self._fits(one, "fixed", rule.fixed)

    def _fits(self, one: DeclaredParameter, word: str, value: object) -> bool:
        validator = self._validator(one)
        if validator is None or validator.accepts(value):
            return True
        details = "; ".join(f"{problem.pointer} {problem.detail}".strip() for problem in validator.problems(value))
        self._report(
            one.key,
            word,
            "does-not-fit",
            f"the value of `{word}` for `{one.name}` does not fit: {details}",
            "correct the value",
        )
        return False

    def _warn_of_default(self, one: DeclaredParameter, narrowed: JsonObject) -> None:
        """Warn of a cap that the API's own default exceeds: a call that leaves the parameter out would not be capped."""
        was = follow(one.schema, self._document) or {}
        rule = one.rule
        if (
            "default" in was
            and "default" not in narrowed
            and rule is not None
            and rule.default is None
            and rule.fixed is None
        ):
            self._report(
                one.key,
                "",
                "default-outside",
                f"the API's own default of `{one.name}` is {json_ascii(was['default'])}, which this rule does not allow: "
                "a call without the parameter gets that default",
                "set `default` to a value that the rule allows",
                severity=Severity.WARNING,
            )

    def _drop_examples(self, one: DeclaredParameter) -> None:
        validator = self._validator(one)
        if validator is None:
            return
        for holder in (one.node, one.holder):
            if "example" in holder and not validator.accepts(holder["example"]):
                del holder["example"]
            if isinstance(examples := holder.get("examples"), dict):
                for name, example in [*examples.items()]:
                    if isinstance(example, dict) and "value" in example and not validator.accepts(example["value"]):
                        del examples[name]
                if not examples:
                    del holder["examples"]

    def _rename(self, one: DeclaredParameter, new: str) -> None:
        if one.place == "header" and not is_field_name(new.encode(errors="replace")):
            self._report(
                one.key,
                "rename",
                "bad-header-name",
                f"`{new}` is not the name of a header field",
                "use letters, digits and hyphens",
            )
        if one.place == "cookie" and not is_cookie_name(new.encode(errors="replace")):
            self._report(
                one.key,
                "rename",
                "bad-cookie-name",
                f"`{new}` is not the name of a cookie",
                "use letters, digits and hyphens",
            )
        for other in self._declared:
            if (
                other is not one
                and other.place == one.place
                and _folded(new) in {_folded(other.name), *map(_folded, self._members(other))}
            ):
                message = f"`{one.name}` cannot be called `{new}`: the operation has the parameter `{other.name}`"
                self._report(one.key, "rename", "name-taken", message, "choose another name")
                return
            if (
                other.place == one.place
                and other is not one
                and other.rule is not None
                and other.rule.rename
                and _folded(other.rule.rename) == _folded(new)
            ):
                self._report(
                    one.key,
                    "rename",
                    "name-taken",
                    f"two parameters cannot both be called `{new}`",
                    "choose another name",
                )
                return
        one.node["name"] = new

    def _members(self, one: DeclaredParameter) -> list[str]:
        kind = self._kind(one)
        return [name for name, _ in kind.members] if is_spread(one, kind) else []

    def part(self, one: DeclaredParameter) -> Part | None:
        """Return the part of a parameter outside the path; None if the gateway neither judges nor changes it."""
        rule, added = one.rule, b""
        if one.place == "path":
            return None
        if rule is not None and rule.fixed is not None:
            added = self._written(one, "fixed", rule.fixed)
        elif rule is not None and rule.default is not None:
            added = self._written(one, "default", rule.default)
        reader = self.reader(one) if one.visible_name else None
        is_renamed = one.visible_name not in ("", one.name)
        return part_of(one, reader, self._kind(one), added) if reader is not None or added or is_renamed else None

    def reader(self, one: DeclaredParameter) -> Reader | None:
        """Return the reader of a parameter whose calls are judged."""
        if (self._check == "off" and not one.is_narrowed) or one.is_ignored:
            return None
        is_enforced = one.is_narrowed or self._check == "enforce"
        # A rule that narrows it is about the string that clients see.
        joined = None if one.is_narrowed else self._shaping.joined.get((one.place, one.name))
        validator = self._validator(one, joined)
        if validator is None:
            return None
        kind = self._kind(one) if joined is None else kind_of(joined.schema, self._document)
        return reader_of(one, validator, kind, is_enforced=is_enforced, style="" if joined is None else joined.style)

    def whole_query(self, nodes: list[JsonObject]) -> WholeQuery | None:
        """Return the judge of the whole query as one value; None without `in: querystring`, or if calls are not judged."""
        node = next((one for one in nodes if isinstance(one, dict) and one.get("in") == "querystring"), {})
        content, name = node.get("content"), node.get("name")
        if self._check == "off" or not isinstance(content, dict) or not isinstance(name, str):
            return None
        for key, media in content.items():
            media_type = key.encode(errors="replace").lower()
            if not isinstance(media, dict) or (media_type != FORM and not is_json(media_type)):
                continue
            is_enforced = self._check == "enforce"
            what, schema = f"`{name}` of `{self._shaping.key}`", media.get("schema", True)
            validator = body_validator(self._shaping, schema, what, hidden="readOnly", is_enforced=is_enforced)
            if validator is None:
                return None
            is_form = media_type == FORM
            form = form_body(self._shaping, media, media, _NO_TRIMS, validator) if is_form else JsonBody(validator)
            is_required = node.get("required") is True
            return form and WholeQuery(name, form, is_required=is_required, is_enforced=is_enforced)
        return None

    def names(self) -> Names:
        """Return the names that clients cannot send as the document has them."""
        ruled = [one for one in self._declared if one.rule is not None and one.place != "path"]
        names = Names(
            closed=frozenset(_key(one) for one in ruled if one.visible_name != one.name),
            renamed=tuple((_key(one), one.visible_name) for one in ruled if one.visible_name not in ("", one.name)),
            fixed=frozenset(_key(one) for one in ruled if one.rule is not None and one.rule.fixed is not None),
            unseen_members=self._unseen_members(),
            defaults=frozenset(_key(one) for one in ruled if one.rule is not None and one.rule.default is not None),
            guarded=frozenset(
                _key(one) for one in ruled if one.is_narrowed or (one.rule is not None and one.rule.default is not None)
            ),
        )
        return NO_NAMES if names == NO_NAMES else names

    def _unseen_members(self) -> frozenset[str]:
        shown = {name for one in self._declared if one.visible_name for name in (one.visible_name, *self._members(one))}
        return frozenset(name for one in self._declared if not one.visible_name for name in self._members(one)) - shown

    def _kind(self, one: DeclaredParameter) -> Kind:
        return kind_of(one.schema, self._document)

    def _validator(self, one: DeclaredParameter, joined: Joined | None = None) -> Validator | None:
        """Return the parameter's validator; None, with a finding, if its schema cannot be compiled."""
        validator = validator_of(one.schema if joined is None else joined.schema, self._document)
        try:
            validator.check()
        except ValueError as error:
            message = f"the schema of `{one.name}` of `{self._shaping.key}` cannot be compiled, so its values are not judged: {error}"
            severity = Severity.ERROR if one.is_narrowed else Severity.WARNING
            finding = Finding(
                rule="unusable-schema",
                message=message,
                severity=severity,
                pointer=("allow", self._shaping.settings.entry),
            )
            if finding not in self._shaping.findings:
                self._shaping.findings.append(finding)
            return None
        return validator

    def _written(self, one: DeclaredParameter, word: str, value: Any) -> bytes:
        """Return a value as it goes up; empty, with a finding, if its style cannot write it."""
        try:
            return written(one, value)
        except UnwritableError as error:
            self._report(
                one.key, word, "does-not-fit", f"the value of `{word}` for `{one.name}` {error}", "choose another value"
            )
            return b""

    def _report(
        self, key: str, field: str, rule: str, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        pointer = self._shaping.settings.pointer_to(key, field)
        message = f"`{self._shaping.key}`: {message}"
        self._shaping.findings.append(
            Finding(rule=rule, message=message, hint=hint, severity=severity, pointer=pointer)
        )


def _key(one: DeclaredParameter) -> tuple[str, str]:
    return key_of({"in": one.place, "name": one.name})


def _folded(name: str) -> str:
    return re.sub(r"[-_.\s]|\[.*", "", name).lower()
