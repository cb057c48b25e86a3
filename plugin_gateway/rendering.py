"""The formats that show findings: text for people, JSON for programs, GitHub's workflow commands and SARIF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.diagnostics import Location, Severity, in_file_order, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.diagnostics import Finding

_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_MAX_FRAME_COLUMNS: Final = 110
_GITHUB_NOTE: Final = "notice"
_TONES: Final = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;34"}


def render_text(findings: Iterable[Finding], sources: Mapping[str, str] | None = None, *, color: bool = False) -> str:
    """Show findings to a person: `file:line:col: error[rule]: message`, the line with carets under it, a hint.

    The line is the location's `text`; where that is empty, it is taken from `sources`, the texts of files without secrets.
    """
    ordered = in_file_order(findings)
    shown = [_block(finding, sources or {}, _Paint(on=color)) for finding in ordered]
    return "\n".join([*shown, summary(ordered), ""])


def render_json(findings: Iterable[Finding]) -> str:
    """Show findings to a program: a JSON array of objects with stable members."""
    return json.dumps([as_members(finding) for finding in in_file_order(findings)], indent=2, ensure_ascii=False) + "\n"


def render_github(findings: Iterable[Finding]) -> str:
    """Show findings as GitHub Actions workflow commands, which put them beside the lines of a pull request."""
    lines = []
    for finding in in_file_order(findings):
        where = finding.location or Location("")
        properties = {"file": where.file, "title": finding.rule}
        if where.line:
            properties |= {"line": str(where.line), "col": str(where.column)}
        given = ",".join(f"{name}={_escaped(value, more=':,')}" for name, value in properties.items() if value)
        text = f"{finding.message} ({finding.hint})" if finding.hint else finding.message
        text += f" Source: {finding.source}." if finding.source else ""
        command = _GITHUB_NOTE if finding.severity is Severity.NOTE else finding.severity
        lines.append(f"::{command} {given}::{_escaped(text)}\n")
    return "".join(lines)


def render_sarif(findings: Iterable[Finding], *, version: str = "") -> str:
    """Show findings as SARIF 2.1.0, which code scanning services read."""
    ordered = in_file_order(findings)
    rules = sorted({finding.rule for finding in ordered})
    driver: dict[str, Any] = {"name": "plugin-gateway", "rules": [{"id": rule} for rule in rules]}
    if version:
        driver["version"] = version
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(one) for one in ordered]}
    return (
        json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"
    )


class _Paint(Struct, frozen=True, kw_only=True):
    on: bool

    def __call__(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text


def _block(finding: Finding, sources: Mapping[str, str], paint: _Paint) -> str:
    tone = _TONES[finding.severity]
    where = paint("1", _printable(f"{finding.location}: ")) if finding.location else ""
    lines = [f"{where}{paint(tone, f'{finding.severity}[{finding.rule}]')}: {_printable(finding.message)}"]
    lines += _frame(finding.location, sources, paint, tone)
    if finding.hint:
        lines.append(f"  {paint('1;36', 'hint')}: {_printable(finding.hint)}")
    if finding.source:
        lines.append(f"  {paint('1;36', 'source')}: {_printable(finding.source)}")
    return "\n".join([*lines, ""])


def _frame(location: Location | None, sources: Mapping[str, str], paint: _Paint, tone: str) -> list[str]:
    if location is None or not location.line:
        return []
    text = location.text or _line(sources.get(location.file, ""), location.line)
    if not text.strip():
        return []
    # Terminals differ in the width of a tab; one space for each keeps the carets under the right characters.
    text = _printable(text)
    start = min(location.column - 1, len(text))
    length = max(1, min(location.length, len(text) - start))
    if start > _MAX_FRAME_COLUMNS - 20:
        cut = start - 20
        text, start = "…" + text[cut:], 21
    if len(text) > _MAX_FRAME_COLUMNS:
        text = text[: _MAX_FRAME_COLUMNS - 1] + "…"
    length = max(1, min(length, len(text) - start))
    number = str(location.line)
    bar, margin = paint("1;34", "|"), " " * len(number)
    carets = paint(tone, "^" * length)
    return [f"{margin} {bar}", f"{paint('1;34', number)} {bar} {text}", f"{margin} {bar} {' ' * start}{carets}"]


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1] if number <= len(lines) else ""


def _printable(text: str) -> str:
    # A file can hold escape sequences, which a terminal would obey.
    return "".join(character if character.isprintable() else " " if character.isspace() else "·" for character in text)


def as_members(finding: Finding) -> dict[str, Any]:
    """Return a finding as the members of a JSON object, which are stable."""
    where = finding.location
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint or None,
        "pointer": None if finding.pointer is None else list(finding.pointer),
        "file": where.file if where else None,
        "line": where.line if where and where.line else None,
        "column": where.column if where and where.line else None,
        "length": where.length if where and where.line else None,
    } | ({"source": finding.source} if finding.source else {})


def _result(finding: Finding) -> dict[str, Any]:
    text = f"{finding.message}. Hint: {finding.hint}" if finding.hint else finding.message
    text += f". Source: {finding.source}" if finding.source else ""
    result: dict[str, Any] = {"ruleId": finding.rule, "level": str(finding.severity), "message": {"text": text}}
    if finding.location:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.location.file)}}
        if finding.location.line:
            end = finding.location.column + finding.location.length
            place["region"] = {
                "startLine": finding.location.line,
                "startColumn": max(1, finding.location.column),
                "endColumn": max(2, end),
            }
        result["locations"] = [{"physicalLocation": place}]
    return result


def _uri(file: str) -> str:
    # Escape each byte that a URI reference cannot hold (RFC 3986).
    legal = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@!$&'()*+,;=")
    return "".join(chr(byte) if byte in legal else f"%{byte:02X}" for byte in file.encode("utf-8", "surrogateescape"))


def _escaped(text: str, *, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
