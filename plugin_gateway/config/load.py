"""A loaded config: the config, its warnings, and the location of each of its values."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from plugin_gateway.config.find import STANDARD_INPUT, read_text
from plugin_gateway.config.foreign import foreign_file
from plugin_gateway.config.illegible import ILLEGIBLE
from plugin_gateway.config.misplaced import moved
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.model import Config
from plugin_gateway.config.node import TextSpan
from plugin_gateway.config.not_yet import supported_only, unsupported
from plugin_gateway.config.overrides import from_environment, from_mapping, lay_over
from plugin_gateway.config.places import Places, as_finding
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.config.recovery import recover
from plugin_gateway.config.remains import RefusedConfigError, remains_of
from plugin_gateway.config.surroundings import Surroundings
from plugin_gateway.diagnostics import Finding, Location, Pointer, Severity
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.config.overrides import Override
    from plugin_gateway.config.recovery import Recovery
    from plugin_gateway.config.remains import Mistakes


class LoadedConfig(Discreet, frozen=True, kw_only=True):
    """A valid config, with what later findings need to locate its values.

    `source_path` is None if the config consists of overrides alone. Never show `text`: it may hold secrets.
    """

    HIDDEN = ("text", "places")

    config: Config
    warnings: tuple[Finding, ...]
    source_path: Path | None
    text: str
    places: Places
    needs_secrets: bool = True
    """Whether a missing file of secrets is a mistake; on a build server it is not."""

    def locate(self, pointer: Pointer, *, key: bool = False) -> Location:
        """Return the location of the value at `pointer`, or of its key; else of the nearest written value around it."""
        return self.places.locate(pointer, key=key)

    def located(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings, with a location added to each that has only a pointer into the config."""
        return tuple(
            finding
            if finding.location or finding.pointer is None
            else finding.at(self.locate(finding.pointer, key=finding.on_key))
            for finding in findings
        )


def load(
    path: Path | None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: OnFile | None = None,
    needs_secrets: bool = True,
) -> LoadedConfig:
    """Read gateway.yaml, lay the environment's and the command line's overrides over it, and check all of it.

    `path` is None for a config that is made of overrides alone. Relative paths in it start at its folder, or at the
    working directory. `on_file` is called with each file that a value names, before the file is read. With
    `needs_secrets=False` a placeholder replaces each missing secret.

    Raises:
        ConfigError: with every mistake found, each with its location, in file order.

    """
    text = "" if path is None else read_text(path)
    return load_text(
        text, path=path, environ=environ, overrides=overrides, on_file=on_file, needs_secrets=needs_secrets
    )


def load_text(
    text: str,
    *,
    path: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: OnFile | None = None,
    needs_secrets: bool = True,
    is_packed: bool = False,
) -> LoadedConfig:
    """Load a config as `load` does, from text that was read already; a packed text is a part of the file at `path`."""
    recovery = recover(text)
    name = "<stdin>" if path == STANDARD_INPUT else str(path or "environment")
    places = Places(name, text, recovery.root, doubtful=recovery.doubtful, is_packed=is_packed)
    found = [places.found(span, pointer, mistake) for span, pointer, mistake in recovery.found]
    written = _as_written(text, recovery, places, found)
    value, refused = _overridden(written, (*from_environment(environ), *from_mapping(overrides or {})), places)
    found += refused
    if value is None:
        where = places.top() if path is None else Location(name, 1, 1)
        empty = Finding(rule="empty-config", message="the config is empty", hint=_START, location=where)
        raise ConfigError([*found, empty])
    mended = moved(value)
    places.moved.update(mended.written_at)
    value, beside = _with_otel(mended.value, environ)
    around = Surroundings(environ=environ, folder=path.parent if path else Path(), needs_secrets=needs_secrets)
    if on_file is not None:
        around = replace(around, on_file=on_file)
    config, judged = _judge(value, around)
    mistakes = _to_report(judged, unsupported(value), value, recovery)
    _improve_hints(mistakes, value)
    found += [
        places.mistaken(pointer, mistake)
        for pointer, mistake in mended.mistakes
        if places.locate(pointer, key=True).line not in recovery.guessed
    ]
    findings = _located(found, mistakes, places, recovery)
    wrong = {finding.location for finding in findings}
    warnings = tuple(
        one
        for one in (*_warnings(mended.value, places), *beside)
        if one.rule != COMMENTED_OUT or one.location not in wrong
    )
    load_as = partial(LoadedConfig, source_path=path, text=text, places=places, needs_secrets=needs_secrets)
    if config is not None and not findings:
        return load_as(config=config, warnings=warnings)
    rest, given_up = _rest(value, [*judged, *unsupported(value)], around)
    # Values below a misspelt key are checked against the document, too.
    places.moved.update({(*at[:-1], one.instead_of): at for at, one in mistakes if one.instead_of})
    remains = load_as(config=rest, warnings=()) if rest is not None else None
    raise RefusedConfigError(sorted(dict.fromkeys((*findings, *warnings)), key=_order), remains, given_up)


COMMENTED_OUT: Final = "commented-out"
_NOT_TO_FETCH: Final = frozenset({("overlays",), ("refresh",), ("cache",)})
"""The keys of `openapi` that fetching the document does not need."""
_START: Final = "write at least `openapi`, `upstream` and `allow`; `plugin-gateway init SPEC` writes a config"


def _as_written(text: str, recovery: Recovery, places: Places, found: list[Finding]) -> Any:
    """Return the value that gateway.yaml has; None if it is empty.

    Raises:
        ConfigError: nothing of the text can be read, or it is not a config at all.
    """
    value = recovery.root.plain() if recovery.root is not None else None
    if stranger := foreign_file(text, value, is_yaml=not recovery.changed and not (found and value is None)):
        raise ConfigError([places.found(_first_line(text), (), stranger)])
    if recovery.root is None and found:
        raise ConfigError(found)
    return value


def _overridden(
    value: Any, overrides: Iterable[Override | tuple[str, Mistake]], places: Places
) -> tuple[Any, list[Finding]]:
    """Lay the overrides over the value, and tell `places` of each. Return the findings of those that are wrong."""
    findings = []
    for override in overrides:
        if isinstance(override, tuple):
            findings.append(as_finding(override[1], (), location=Location(override[0])))
            continue
        try:
            value, pointer = lay_over(value, override)
        except Mistake as mistake:
            findings.append(as_finding(mistake, (), location=Location(override.name)))
        else:
            places.overrides[pointer] = override.name
    return value, findings


def _with_otel(value: Any, environ: Mapping[str, str]) -> tuple[Any, list[Finding]]:
    """Fill in what the variables of OpenTelemetry say; return the findings about them, too."""
    if not any(name.startswith("OTEL_") for name in environ):
        return value, []
    from plugin_gateway.config.otel_variables import fill_in  # noqa: PLC0415  # most machines have no such variable

    return fill_in(value, environ)


def _to_report(judged: Mistakes, not_yet: Mistakes, value: Any, recovery: Recovery) -> Mistakes:
    """Leave out the mistakes that another finding explains: of an illegible value, or of a key that must be left out."""
    return [
        (pointer, mistake)
        for pointer, mistake in judged
        if (mistake.on_key or _value_at(value, pointer) is not ILLEGIBLE)
        and not recovery.may_explain(pointer, mistake, Config.other_words)
        and not any(pointer[: len(left_out)] == left_out for left_out, _ in not_yet)
    ] + not_yet


def _improve_hints(mistakes: Mistakes, value: Any) -> None:
    meant = {pointer: mistake.instead_of for pointer, mistake in mistakes if mistake.instead_of}
    for pointer, mistake in mistakes:
        from plugin_gateway.config.better_hint import better_hint  # noqa: PLC0415  # only a wrong config needs it

        if mistake.rule == "unknown-key":
            mistake.hint = supported_only(mistake.hint, pointer)
        depth = len(pointer) - (mistake.rule == "unknown-key")
        right = tuple(meant.get(pointer[: at + 1], part) for at, part in enumerate(pointer[:depth]))
        better = better_hint((*right, *pointer[depth:]), mistake, _value_at(value, pointer), root=value)
        mistake.hint = better or mistake.hint


def _located(found: list[Finding], mistakes: Mistakes, places: Places, recovery: Recovery) -> list[Finding]:
    """Add a located finding for each mistake, unless one is there.

    The YAML reader reports an ambiguous scalar and reads it as text: a second finding there would only confuse.
    """
    findings = list(found)
    taken = {(one.location.line, one.location.column): at for at, one in enumerate(findings) if one.location}
    for pointer, mistake in mistakes:
        finding = places.mistaken(pointer, mistake)
        line, column = (finding.location.line, finding.location.column) if finding.location else (0, 0)
        if mistake.rule == "unknown-key" and not mistake.instead_of and line in recovery.guessed:
            continue  # perhaps it is known where the line belongs
        if not line or (line, column) not in taken or mistake.instead_of:
            findings.append(finding)
        elif finding.hint and "true or false" in findings[taken[line, column]].message:
            # The word is not valid as text here, so the hint need not offer that.
            findings[taken[line, column]] = replace(findings[taken[line, column]], hint=finding.hint)
    return findings


def _judge(value: Any, around: Surroundings) -> tuple[Config | None, Mistakes]:
    try:
        return Config.parse(value, around), []
    except MistakesError as error:
        found = error.found
    mistakes = [((*at, *mistake.at), mistake) for at, mistake in found]
    written = {(*at[:-1], mistake.instead_of): at[-1] for at, mistake in mistakes if mistake.instead_of}
    return None, [
        (tuple(written.get(at[: depth + 1], part) for depth, part in enumerate(at)), mistake)
        for at, mistake in mistakes
    ]


def _rest(value: Any, mistakes: Mistakes, around: Surroundings) -> tuple[Config | None, frozenset[Pointer]]:
    """Return the config without its mistakes; None if it does not say where the document is and how to fetch it."""
    if any(pointer[:1] == ("openapi",) and pointer[1:2] not in _NOT_TO_FETCH for pointer, _ in mistakes):
        return None, frozenset()

    def judge(left: Any) -> tuple[Config | None, Mistakes]:
        config, found = _judge(left, around)
        return config, found + unsupported(left)

    return remains_of(value, mistakes, judge)


def _first_line(text: str) -> TextSpan:
    lines = text.splitlines()
    number = next((number for number, line in enumerate(lines, start=1) if line.strip()), 1)
    line = lines[number - 1] if lines else ""
    return TextSpan(number, len(line) - len(line.lstrip()) + 1, max(1, len(line.strip())))


def _value_at(value: Any, pointer: Pointer) -> Any:
    """Return the value at a pointer; a short form may leave out parts of it (see `Places.written`)."""
    for depth, part in enumerate(pointer):
        members = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(members, dict) and part in members:
            value = members[part]
        elif not isinstance(members, dict):
            return value  # a short form
        elif part != 0 and not any(later in members for later in pointer[depth + 1 :][:1]):
            return None
    return value


def _warnings(value: Any, places: Places) -> Iterator[Finding]:
    for pointer in places.secrets_in(value):
        message = "a secret is written into the config"
        hint = "move it to a file or the environment: {file: PATH} or {env: NAME}"
        mistake = Mistake("secret-in-file", message, hint=hint, on_key=True)
        yield replace(places.mistaken(pointer, mistake), severity=Severity.WARNING)
    for pointer in places.commented_out():
        hint = "to begin the value with `#`, put quotes around it"
        mistake = Mistake(COMMENTED_OUT, "there is no value: `#` begins a comment", hint=hint)
        yield replace(places.mistaken(pointer, mistake), severity=Severity.WARNING)


def _order(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.location or Location("")
    return place.file, place.line, place.column, finding.rule
