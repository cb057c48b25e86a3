"""A mistake of syntax: the line that makes a text invalid YAML, and how to correct it.

The parser's own message seldom says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.config.levels import (
    ENTRY,
    KEY,
    begins_an_entry,
    indent_of,
    indent_of_key,
    likely_indent,
    line_at,
    list_of,
    open_levels,
    says_something,
)
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.secrecy import masked_unparsed
from plugin_gateway.config.variable import variable_in, variable_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.text.complaint import BadSyntax


_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_STUCK: Final = re.compile(r"(\s*(?:-\s+)?)([A-Za-z_][A-Za-z0-9_-]*):([^\s:/].*)$")
_TEMPLATE: Final = re.compile(r"(?:[A-Za-z]+ )?/[^\s,\[\]{}]*(?:\{[A-Za-z_-]+\}[^\s,\[\]{}]*)+")
_TEXT_BEFORE_SOURCE: Final = re.compile(r":\s+([A-Za-z][^\s{}:#]*) \{env: *([A-Za-z_][A-Za-z0-9_]*)\}")
_BARE: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*$")
_SPACED: Final = re.compile(r"\s*(?:-\s+)?([A-Za-z_][A-Za-z0-9_]*)\s+(\S.*)$")
_ASSIGNED: Final = re.compile(r"\s*(?:-\s+)?([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(\S.*)$")
_LOOKALIKE: Final = re.compile("[\u00a0\u2000-\u200b\u202f\u3000\ufeff\uff1a\ufe55]")
_BULLET: Final = re.compile(r"(?:[+*•]|[0-9]{1,3}[.)])\s+")
_CONFLICT: Final = re.compile(r"(?:<{7}|={7}|>{7})(?:\s|$)")
_LONGEST_SHOWN: Final = 80
_NEAR: Final = 1
"""How far, in columns, a line may be from its most likely indentation."""
_GENERAL: Final = "check quotes, colons and indentation up to here"


class SyntaxMistake(NamedTuple):
    """A line and column, counted from 1, with a message and a hint, and the line as it was most likely meant."""

    line: int
    column: int
    message: str
    hint: str
    corrected: str = ""


def find_syntax_mistake(complaint: BadSyntax, lines: Sequence[str]) -> SyntaxMistake:
    """Find the line to correct in a text that the parser gave up on."""
    problem, at, context, began_at = complaint
    # The mistake is where an unclosed text or a key without a colon begins, not where the parser noticed.
    is_earlier = "end of stream" in problem or "could not find expected ':'" in problem
    line, column = began_at if is_earlier and began_at[0] else at
    for mistake in _Reading(lines, line, f"{problem} {context}").candidates():
        return mistake
    return SyntaxMistake(line, column, f"not YAML: {problem} {context}".rstrip(), _GENERAL)


class _Reading:
    """The line at which the parser stopped, and the last line before it that has content."""

    def __init__(self, lines: Sequence[str], number: int, problem: str) -> None:
        self._lines, self._problem = lines, problem
        self._number = number
        self._line = line_at(lines, number)
        above = range(min(number - 1, len(lines)), 0, -1)
        self._before = next((one for one in above if says_something(lines[one - 1])), 0)
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
            if _CONFLICT.match(self._lines[number - 1]):
                hint = "delete the lines `<<<<<<<`, `=======` and `>>>>>>>`, and the lines between them that you do not want"
                yield SyntaxMistake(number, 1, "a merge conflict was left here", hint)
        for number in (one for one in near[:-1] if 0 < one <= len(self._lines)):
            line = self._lines[number - 1]
            if match := re.match(r"\s*(//|/\*|--(?!-))", line):
                yield SyntaxMistake(
                    number,
                    match.start(1) + 1,
                    f"`{match[1]}` does not begin a comment in YAML",
                    "write `#`",
                    corrected=f"# {line}",
                )
            if match := _LOOKALIKE.search(_QUOTED.sub(lambda one: "x" * len(one[0]), line)):
                likely = ":" if match[0] in "\uff1a\ufe55" else "a space"
                message = f"the character U+{ord(match[0]):04X} looks like {likely}, but YAML does not read it as one"
                meant = _LOOKALIKE.sub(lambda one: ":" if one[0] in "\uff1a\ufe55" else " ", line)
                yield SyntaxMistake(number, match.start() + 1, message, f"write {likely}", corrected=meant)
            if match := _ASSIGNED.match(line):
                hint = f"write a colon and a space: `{match[1]}: {self._shown(number, match[2])}`"
                meant = f"{line[: match.end(1)]}: {match[2]}"
                yield SyntaxMistake(number, match.end(1) + 1, f"`{match[1]}` is followed by `=`", hint, corrected=meant)
        indent = re.match(r"[ ]*(?:-[ ]*)?\t", self._line)
        if indent or "\t" in self._line[: len(self._line) - len(self._line.lstrip())]:
            meant = " " * likely_indent(self._lines, self._number) + self._line.lstrip()
            message = "a tab cannot indent or separate in YAML"
            yield SyntaxMistake(self._number, self._line.index("\t") + 1, message, "use spaces", corrected=meant)

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
            hint = "indent each of its lines by two more spaces"
            at = indent_of(self._line) + 1
            yield SyntaxMistake(self._number, at, message, hint, corrected=f"  {self._line}")

    def _dashes(self) -> Iterator[SyntaxMistake]:
        for number in (self._number, self._before):
            line = line_at(self._lines, number)
            if match := re.match(r"\s*-(?![-\s])(\S.*)", line):
                hint = f"put a space after the dash: `- {self._shown(number, match[1])}`"
                at = match.start(1)
                yield SyntaxMistake(number, at, "no space after the dash", hint, corrected=f"{line[:at]} {line[at:]}")
                return
        for number in (self._before, self._number):
            line = line_at(self._lines, number)
            if (
                number
                and list_of(self._lines, number)
                and line.strip()
                and not ENTRY.match(line)
                and not re.match(r"\S", line)
                and not KEY.match(line)
            ):
                text = _BULLET.sub("", line.strip())
                hint = f"begin each entry of a list with a dash and a space: `- {self._shown(number, text)}`"
                at = len(line) - len(line.lstrip())
                meant = f"{line[:at]}- {text}"
                yield SyntaxMistake(number, at + 1, "a list entry without a dash", hint, corrected=meant)

    def _list_in_line(self) -> Iterator[SyntaxMistake]:
        if "block sequence entries are not allowed" in self._problem and (match := KEY.match(self._line)):
            message = f"a list with dashes must begin below its key, `{match[1]}`"
            yield SyntaxMistake(self._number, match.end() + 2, message, "write each entry on its own line")

    def _colons(self) -> Iterator[SyntaxMistake]:
        for number in (self._number, self._before):
            line = line_at(self._lines, number)
            if (match := _STUCK.match(line)) and not KEY.match(line):
                shown = self._shown(number, match[3])
                hint = f"put a space after the colon: `{match[2]}: {shown}`"
                meant = f"{match[1]}{match[2]}: {match[3]}"
                yield SyntaxMistake(number, match.start(3), "no space after the colon", hint, corrected=meant)
        for number in (self._before, self._number):
            line = line_at(self._lines, number)
            if (match := _BARE.match(line)) and not list_of(self._lines, number):
                hint = f"write a colon after it: `{match[1]}:`"
                at = match.end(1)
                yield SyntaxMistake(number, at + 1, f"`{match[1]}` has no colon", hint, corrected=f"{line[:at]}:")
        match = _SPACED.match(self._line) if "expected ':'" in self._problem else None
        if match and not list_of(self._lines, self._number):
            at = match.end(1)
            hint = f"write a colon and a space: `{match[1]}: {self._shown(self._number, match[2])}`"
            meant = f"{self._line[:at]}: {match[2]}"
            yield SyntaxMistake(self._number, at + 1, f"`{match[1]}` has no colon", hint, corrected=meant)
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
            at = match.start()
            meant = f"{self._line[:at]},{self._line[at + 1 :]}"
            yield SyntaxMistake(self._number, at + 1, "`;` is not a separator in YAML", "write `,`", corrected=meant)
        line_before = self._line_before.rstrip()
        is_inside = any(number < self._number for number, _, _ in opened[-1:])
        is_outside = not self._line.strip() or (
            is_inside
            and KEY.match(self._line) is not None
            and indent_of(self._line) <= indent_of_key(self._lines[opened[-1][0] - 1])
        )
        # Outside, the bracket above should be closed by now.
        if "expected ',' or" in self._problem and not is_outside:
            if is_inside and line_before[-1:] not in (",", "{", "[", ":"):
                meant = f"{line_before},"
                message, hint = "a comma is missing after this line", "write `,` at its end"
                yield SyntaxMistake(self._before, len(line_before), message, hint, corrected=meant)
                return
            if match := re.search(r"[\w.-]+\s+([\w-]+):\s", plain):
                message = f"a comma is missing before `{match[1]}`"
                hint = "write `,` there, or put quotes around the text"
                yield SyntaxMistake(self._number, match.start(1) + 1, message, hint)
                return
        if opened:
            number, column, sign = next((one for one in opened if self._ends(one[0])), opened[-1])
            closing = {"{": "}", "[": "]"}[sign]
            yield SyntaxMistake(
                number, column, f"the `{sign}` that opens here is not closed", f"write `{closing}` where it ends"
            )

    def _ends(self, number: int) -> bool:
        """Return whether the value that begins in a line must end there, because the next line begins another key or entry."""
        below = next((line for line in self._lines[number:] if says_something(line)), "")
        begins = KEY.match(below) or ENTRY.match(below)
        return begins is not None and indent_of(below) <= indent_of_key(line_at(self._lines, number))

    def _opens(self, number: int) -> tuple[int, str] | None:
        """Return the place of the last bracket that the line opens and does not close."""
        line = line_at(self._lines, number)
        return _last_open(_QUOTED.sub(lambda match: " " * len(match[0]), line).partition(" #")[0])

    def _indentation(self) -> Iterator[SyntaxMistake]:
        if not re.search(r"mapping values are not allowed|expected key|expected '-'|block end", self._problem):
            return
        yield from self._entry_without_key()
        here, is_entry = indent_of(self._line), bool(ENTRY.match(self._line))
        keys, entries = open_levels(self._lines, self._number)
        if begins_an_entry(self._lines, self._number):
            hint = f"begin each entry with a dash: `- {self._shown(self._number, self._line.strip())}`"
            meant = f"{self._line[:here]}- {self._line[here:]}"
            yield SyntaxMistake(self._number, here + 1, "a key among the entries of a list", hint, corrected=meant)
            return
        levels = [(column, "the entry above") for column in entries] if is_entry else []
        levels = levels or [(column, f"`{key}`") for column, key in keys.items()]
        known = {column for column, _ in levels}
        if here in known and "expected '-'" not in self._problem and KEY.match(self._line):
            return
        if levels:
            likely = sorted(levels, key=lambda level: abs(level[0] - here))[:2]
            places = " or ".join(f"column {column + 1}, as {name}" for column, name in likely)
            message = f"no line above begins in column {here + 1}, so it is unclear where this line belongs"
            nearest = min([column for column, _ in levels], key=lambda column: abs(column - here))
            is_likely = here not in known and abs(nearest - here) <= _NEAR
            meant = " " * nearest + self._line.lstrip() if is_likely else ""
            yield SyntaxMistake(self._number, here + 1, message, f"begin it in {places}", corrected=meant)

    def _entry_without_key(self) -> Iterator[SyntaxMistake]:
        """Find the entry above that is text, although more keys of it follow."""
        entry, column = self._line_before, indent_of_key(self._line_before)
        is_text = ENTRY.match(entry) and not KEY.match(entry) and entry[column:]
        if not is_text or not KEY.match(self._line) or ENTRY.match(self._line) or indent_of(self._line) < column:
            return
        text = self._shown(self._before, entry[column:])
        if list_of(self._lines, self._before) in ("allow", "deny"):
            meant = f"{entry[:column]}operation: {entry[column:]}"
            message, hint = "an entry with more keys begins with `operation:`", f"write `- operation: {text}`"
            yield SyntaxMistake(self._before, column + 1, message, hint, corrected=meant)
        elif match := _SPACED.match(entry):
            at = match.end(1)
            hint = f"write a colon and a space: `{match[1]}: {self._shown(self._before, match[2])}`"
            message, meant = f"`{match[1]}` has no colon", f"{entry[:at]}: {match[2]}"
            yield SyntaxMistake(self._before, at + 1, message, hint, corrected=meant)

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
    return Mistake("yaml-syntax", mistake.message, hint=mistake.hint, corrected=mistake.corrected)


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
