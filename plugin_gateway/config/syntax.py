"""A mistake of syntax: the line that makes a text invalid YAML, and how to correct it.

The parser's own message seldom says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.secrecy import masked_unparsed
from plugin_gateway.config.variable import variable_in, variable_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.diagnostics import Pointer
    from plugin_gateway.text.complaint import BadSyntax


_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_ENTRY: Final = re.compile(r"\s*-(?=\s|$)")
_KEY: Final = re.compile(r"\s*(?:-\s+)?([A-Za-z_][A-Za-z0-9_-]*)\s*:(?=\s|$)")
_STUCK: Final = re.compile(r"(\s*(?:-\s+)?)([A-Za-z_][A-Za-z0-9_-]*):([^\s:/].*)$")
_TEMPLATE: Final = re.compile(r"(?:[A-Za-z]+ )?/[^\s,\[\]{}]*(?:\{[A-Za-z_-]+\}[^\s,\[\]{}]*)+")
_TEXT_BEFORE_SOURCE: Final = re.compile(r":\s+([A-Za-z][^\s{}:#]*) \{env: *([A-Za-z_][A-Za-z0-9_]*)\}")
_BARE: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*$")
_ASSIGNED: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(\S.*)$")
_LOOKALIKE: Final = re.compile("[\u00a0\u2000-\u200b\u202f\u3000\ufeff\uff1a\ufe55]")
_BULLET: Final = re.compile(r"(?:[+*•]|[0-9]{1,3}[.)])\s+")
_CONFLICT: Final = re.compile(r"(?:<{7}|={7}|>{7})(?:\s|$)")
_LISTS: Final = frozenset({"allow", "deny", "cors", "consumers", "tokens", "overlays", "methods"})
_LONGEST_SHOWN: Final = 80
_GENERAL: Final = "check quotes, colons and indentation up to here"


class SyntaxMistake(NamedTuple):
    """A line and column, counted from 1, with a message and a hint."""

    line: int
    column: int
    message: str
    hint: str


def find_syntax_mistake(complaint: BadSyntax, lines: Sequence[str], pointer: Pointer) -> SyntaxMistake:
    """Find the line to correct in a text that the parser gave up at `pointer`."""
    problem, at, context, began_at = complaint
    # The mistake is where an unclosed text or a key without a colon begins, not where the parser noticed.
    is_earlier = "end of stream" in problem or "could not find expected ':'" in problem
    line, column = began_at if is_earlier and began_at[0] else at
    for mistake in _Reading(lines, line, pointer, f"{problem} {context}").candidates():
        return mistake
    return SyntaxMistake(line, column, f"not YAML: {problem} {context}".rstrip(), _GENERAL)


class _Reading:
    """The line at which the parser stopped, and the last line before it that has content."""

    def __init__(self, lines: Sequence[str], number: int, pointer: Pointer, problem: str) -> None:
        self._lines, self._pointer, self._problem = lines, pointer, problem
        self._number = number
        self._line = lines[number - 1] if 0 < number <= len(lines) else ""
        above = range(min(number - 1, len(lines)), 0, -1)
        self._before = next((one for one in above if _says_something(lines[one - 1])), 0)
        self._line_before = lines[self._before - 1] if self._before else ""

    def candidates(self) -> Iterator[SyntaxMistake]:
        """Yield the possible mistakes, the surest first."""
        yield from self._foreign_signs()
        yield from self._variables()
        yield from self._text_before_source()
        yield from self._open_quote()
        yield from self._block_text()
        yield from self._list_in_line()
        yield from self._dashes()
        yield from self._colons()
        yield from self._closing()
        yield from self._commas_and_braces()
        yield from self._indentation()
        yield from self._characters()

    def _foreign_signs(self) -> Iterator[SyntaxMistake]:
        near = (self._before, self._number, self._number + 1)
        for number in (one for one in near if 0 < one <= len(self._lines)):
            line = self._lines[number - 1]
            if _CONFLICT.match(line):
                hint = "delete the lines `<<<<<<<`, `=======` and `>>>>>>>`, and the lines between them that you do not want"
                yield SyntaxMistake(number, 1, "a merge conflict was left here", hint)
            if match := re.match(r"\s*(//|/\*|--(?!-))", line):
                yield SyntaxMistake(
                    number, match.start(1) + 1, f"`{match[1]}` does not begin a comment in YAML", "write `#`"
                )
            if match := _LOOKALIKE.search(_QUOTED.sub(lambda one: "x" * len(one[0]), line)):
                likely = ":" if match[0] in "\uff1a\ufe55" else "a space"
                message = f"the character U+{ord(match[0]):04X} looks like {likely}, but YAML does not read it as one"
                yield SyntaxMistake(number, match.start() + 1, message, f"write {likely}")
            if match := _ASSIGNED.match(line):
                hint = f"write a colon and a space: `{match[1]}: {self._shown(number, match[2])}`"
                yield SyntaxMistake(number, match.end(1) + 1, f"`{match[1]}` is followed by `=`", hint)
        indent = re.match(r"[ ]*(?:-[ ]*)?\t", self._line)
        if indent or "\t" in self._line[: len(self._line) - len(self._line.lstrip())]:
            yield SyntaxMistake(
                self._number, self._line.index("\t") + 1, "a tab cannot indent or separate in YAML", "use spaces"
            )

    def _variables(self) -> Iterator[SyntaxMistake]:
        if found := variable_in(_QUOTED.sub("", self._line)):
            hint = f"write {{env: {found[1]}}} for a secret; put other text in quotes"
            message = "variables are not expanded here, and braces begin a mapping"
            yield SyntaxMistake(self._number, max(1, self._line.find(found[0]) + 1), message, hint)

    def _text_before_source(self) -> Iterator[SyntaxMistake]:
        if match := _TEXT_BEFORE_SOURCE.search(self._line):
            hint = f"write only {{env: {match[2]}}}"
            if match[1].casefold() == "bearer":
                hint = f"write `credential: {{bearer: {{env: {match[2]}}}}}`, which sends `Authorization: Bearer …`"
            yield SyntaxMistake(self._number, match.start(1) + 1, "a mapping cannot follow text in a value", hint)

    def _open_quote(self) -> Iterator[SyntaxMistake]:
        """Find the line above with an unclosed quote: the parser reads everything after it as text."""
        for number in range(1, min(self._number, len(self._lines)) + 1):
            if match := re.search(r"(?:^|[\s:\[{,-])('[^']*')(?=[A-Za-z0-9])", self._lines[number - 1]):
                message = "the quote ' ends before the text does"
                yield SyntaxMistake(number, match.end(1), message, 'put the text in double quotes: "…"')
            line = _QUOTED.sub(lambda match: " " * len(match[0]), self._lines[number - 1])
            match = re.search(r"(?:^|[\s:\[{,-])([\"'])(?!\s*$)", line.partition(" #")[0])
            if match and not line.lstrip().startswith("#"):
                message = f"the quote {match[1]} that opens here is not closed in this line"
                yield SyntaxMistake(
                    number, match.start(1) + 1, message, f"write {match[1]} at the end of the text, too"
                )

    def _block_text(self) -> Iterator[SyntaxMistake]:
        if re.search(r":\s*[|>][-+0-9]*\s*$", self._line_before) and self._before:
            message = f"the text is not indented further than its key in line {self._before}"
            yield SyntaxMistake(
                self._number, _indent(self._line) + 1, message, "indent each of its lines by two more spaces"
            )

    def _dashes(self) -> Iterator[SyntaxMistake]:
        for number in (self._number, self._before):
            line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
            if match := re.match(r"\s*-(?![-\s])(\S.*)", line):
                hint = f"put a space after the dash: `- {self._shown(number, match[1])}`"
                yield SyntaxMistake(number, len(line) - len(line.lstrip()) + 1, "no space after the dash", hint)
                return
        if not self._is_in_list():
            return
        for number in (self._before, self._number):
            line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
            if line.strip() and not _ENTRY.match(line) and not re.match(r"\S", line) and not _KEY.match(line):
                text = _BULLET.sub("", line.strip())
                hint = f"begin each entry of a list with a dash and a space: `- {self._shown(number, text)}`"
                yield SyntaxMistake(number, len(line) - len(line.lstrip()) + 1, "a list entry without a dash", hint)

    def _list_in_line(self) -> Iterator[SyntaxMistake]:
        if "block sequence entries are not allowed" in self._problem and (match := _KEY.match(self._line)):
            message = f"a list with dashes must begin below its key, `{match[1]}`"
            yield SyntaxMistake(self._number, match.end() + 2, message, "write each entry on its own line")

    def _is_in_list(self) -> bool:
        keys = [part for part in self._pointer if isinstance(part, str)]
        return bool(keys) and keys[-1] in _LISTS

    def _colons(self) -> Iterator[SyntaxMistake]:
        for number in (self._number, self._before):
            line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
            if (match := _STUCK.match(line)) and not _KEY.match(line):
                shown = self._shown(number, match[3])
                hint = f"put a space after the colon: `{match[2]}: {shown}`"
                yield SyntaxMistake(number, len(match[1]) + len(match[2]) + 1, "no space after the colon", hint)
        for number in (self._before, self._number):
            line = self._lines[number - 1] if 0 < number <= len(self._lines) else ""
            if (match := _BARE.match(line)) and not self._is_in_list():
                hint = f"write a colon after it: `{match[1]}:`"
                yield SyntaxMistake(number, match.end(1) + 1, f"`{match[1]}` has no colon", hint)
        if "mapping values are not allowed" in self._problem:
            plain = _QUOTED.sub(lambda match: "x" * len(match[0]), self._line)
            colons = [one.start() for one in re.finditer(r":(?=\s|$)", plain)]
            if len(colons) > 1 and "{" not in plain:
                message = "text that contains a colon and a space needs quotes"
                yield SyntaxMistake(
                    self._number,
                    colons[1] + 1,
                    message,
                    f"put the text after `{plain[: colons[0]].strip()}:` in quotes",
                )

    def _commas_and_braces(self) -> Iterator[SyntaxMistake]:
        if not re.search(r"expected ',' or|expected node content|end of stream|key.*flow", self._problem):
            return
        opened = [(number, *where) for number in range(1, self._number + 1) if (where := self._opens(number))]
        plain = _QUOTED.sub(lambda match: "x" * len(match[0]), self._line)
        for path in _TEMPLATE.finditer(plain):
            if opener := _last_open(plain[: path.start()]):
                around = "a list with brackets" if opener[1] == "[" else "a mapping with braces"
                message = f"text with braces needs quotes in {around}"
                yield SyntaxMistake(
                    self._number, path.start() + 1, message, f'write "{self._shown(self._number, path[0])}"'
                )
        if match := re.search(r";(?=\s)", plain):
            yield SyntaxMistake(self._number, match.start() + 1, "`;` is not a separator in YAML", "write `,`")
        line_before = self._line_before.rstrip()
        is_inside = any(number < self._number for number, _, _ in opened[-1:])
        is_key_outside = (
            is_inside and _KEY.match(self._line) and _indent(self._line) <= _indent(self._lines[opened[-1][0] - 1])
        )
        if is_key_outside or not self._line.strip():
            # The bracket above should be closed by now.
            is_inside, line_before = False, ","
        if is_inside and "expected ',' or" in self._problem and line_before[-1:] not in (",", "{", "[", ":"):
            yield SyntaxMistake(
                self._before, len(line_before), "a comma is missing after this line", "write `,` at its end"
            )
            return
        if "expected ',' or" in self._problem and (match := re.search(r"[\w.-]+\s+([\w-]+):\s", plain)):
            message = f"a comma is missing before `{match[1]}`"
            yield SyntaxMistake(
                self._number, match.start(1) + 1, message, "write `,` there, or put quotes around the text"
            )
            return
        if opened:
            number, column, sign = opened[-1]
            closing = {"{": "}", "[": "]"}[sign]
            yield SyntaxMistake(
                number, column, f"the `{sign}` that opens here is not closed", f"write `{closing}` where it ends"
            )

    def _opens(self, number: int) -> tuple[int, str] | None:
        """Return the place of the last bracket that the line opens and does not close."""
        line = self._lines[number - 1] if number <= len(self._lines) else ""
        return _last_open(_QUOTED.sub(lambda match: " " * len(match[0]), line).partition(" #")[0])

    def _indentation(self) -> Iterator[SyntaxMistake]:
        if not re.search(r"mapping values are not allowed|expected key|expected '-'|block end", self._problem):
            return
        here = _indent(self._line)
        above = [line for line in self._lines[: self._number - 1] if _says_something(line)]
        # The keys that are open here, the innermost first.
        open_keys: list[tuple[int, str]] = []
        for line in reversed(above):
            if (match := _KEY.match(line)) and (not open_keys or _indent_of_key(line) < open_keys[-1][0]):
                open_keys.append((_indent_of_key(line), match[1]))
        known = {column for column, _ in open_keys}
        if here in known and "expected '-'" not in self._problem and _KEY.match(self._line):
            return
        if open_keys:
            places = " or ".join(f"column {column + 1}, as `{key}`" for column, key in open_keys[:2])
            message = f"no line above begins in column {here + 1}, so it is unclear where this line belongs"
            if here in known:
                message = "a key among the entries of a list"
            yield SyntaxMistake(self._number, here + 1, message, f"begin it in {places}")

    def _closing(self) -> Iterator[SyntaxMistake]:
        """Find the closing bracket without a matching opening one."""
        stack: list[str] = []
        line = _QUOTED.sub(lambda match: "x" * len(match[0]), self._line).partition(" #")[0]
        for column, sign in enumerate(line, start=1):
            if sign in "{[":
                stack.append("}" if sign == "{" else "]")
            elif sign in "}]":
                if stack and stack[-1] == sign:
                    stack.pop()
                    continue
                likely = f"write `{stack[-1]}`" if stack else "remove it"
                yield SyntaxMistake(self._number, column, f"`{sign}` has no matching opening bracket", likely)

    def _characters(self) -> Iterator[SyntaxMistake]:
        text = self._line.strip()
        sign = re.search(r"(?:^|[:\[{,-]\s*)([@`%*&!])", text)
        if "scanning an alias" in self._problem or "scanning an anchor" in self._problem:
            at = self._line.find("*") if "alias" in self._problem else self._line.find("&")
            name = "alias" if "alias" in self._problem else "anchor"
            yield SyntaxMistake(
                self._number, at + 1, f"`{self._line[at]}` begins an {name} in YAML", "put quotes around the text"
            )
        if "cannot start any token" in self._problem and sign:
            at = self._line.find(sign[1]) + 1
            yield SyntaxMistake(
                self._number, at, f"unquoted text cannot begin with `{sign[1]}`", "put quotes around it"
            )
        if "escape" in self._problem or "hexdecimal" in self._problem:
            message = "a backslash in double quotes begins an escape"
            at = self._line.find("\\") + 1
            yield SyntaxMistake(self._number, at, message, "use single quotes, in which a backslash is plain text")

    def _shown(self, number: int, text: str) -> str:
        """Return the text, or `…` if its line may hold a secret."""
        is_open = masked_unparsed(self._lines)[number - 1] == self._lines[number - 1]
        return text[:_LONGEST_SHOWN] if is_open else "…"


def as_mistake(mistake: SyntaxMistake) -> Mistake:
    return Mistake("yaml-syntax", mistake.message, hint=mistake.hint)


def of_key_that_is_a_mapping(line: str, column: int) -> Mistake:
    """Return the mistake for a mapping in place of a key, as in `{{ NAME }}`."""
    if found := variable_in(line[max(0, column - 2) :]) or variable_in(line):
        hint = f"write {{env: {found[1]}}} for a secret"
        return Mistake("bad-key", "variables are not expanded here", hint=hint)
    return Mistake("bad-key", "a key must be text", hint="put quotes around it")


def of_tag(tag: str, text: str) -> Mistake:
    """Return the mistake for a tag such as `!env KEY`, which other tools expand."""
    word = tag.lstrip("!").lower()
    if re.search(r"env|secret|var", word):
        name = variable_named(text) or (text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) else "NAME")
        return Mistake("yaml-tag", "tags are not supported here", hint=f"write {{env: {name}}} for a secret")
    if re.search(r"file|include|import", word):
        return Mistake("yaml-tag", "tags are not supported here", hint="write {file: PATH} for a secret")
    return Mistake("yaml-tag", "tags are not supported here", hint="remove the `!…`")


def _last_open(text: str) -> tuple[int, str] | None:
    """Return the column of the last bracket that the text opens and does not close, and the bracket."""
    stack: list[tuple[int, str]] = []
    for column, character in enumerate(text, start=1):
        if character in "{[":
            stack.append((column, character))
        elif character in "}]" and stack:
            stack.pop()
    return stack[-1] if stack else None


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _indent_of_key(line: str) -> int:
    match = re.match(r"\s*(?:-\s+)*", line)
    return match.end() if match else 0
