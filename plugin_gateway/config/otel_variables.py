"""The standard variables of OpenTelemetry, such as OTEL_SERVICE_NAME: they set keys of `otel` that gateway.yaml leaves out.

The gateway ignores a value that it cannot use, with a warning: these variables are often set for every program of a machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from plugin_gateway.config.fields import as_flag
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.otel import Otel, has_extra
from plugin_gateway.config.reader import MistakesError
from plugin_gateway.diagnostics import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_RULE: Final = "otel-variable"
_OTLP: Final = "OTEL_EXPORTER_OTLP_"
_ENDPOINT: Final = _OTLP + "ENDPOINT"
_TURN_ON: Final = (_ENDPOINT, _OTLP + "TRACES_ENDPOINT", _OTLP + "METRICS_ENDPOINT")
_ATTRIBUTES: Final = "OTEL_RESOURCE_ATTRIBUTES"
_ARGUMENT: Final = "OTEL_TRACES_SAMPLER_ARG"
_SAMPLERS: Final = {"always_on": 1.0, "always_off": 0.0}
_RATIO: Final = "traceidratio"


def fill_in(value: Any, environ: Mapping[str, str]) -> tuple[Any, list[Finding]]:
    """Return a raw config with `otel` filled in, and a warning for each variable that the gateway cannot use.

    If the config does not mention `otel`, OTEL_EXPORTER_OTLP_ENDPOINT turns it on.
    """
    is_written = isinstance(value, dict) and "otel" in value
    written = value["otel"] if is_written else {}
    if not isinstance(value, dict) or as_flag(written) in (None, False):
        return value, []
    if environ.get("OTEL_SDK_DISABLED", "").strip().casefold() == "true":
        return {**value, "otel": None}, []
    written = Otel.expand(written)
    if not isinstance(written, dict) or not (is_written or any(environ.get(name) for name in _TURN_ON)):
        return value, []
    found, warnings = _read(environ)
    if not is_written and "endpoint" not in found:
        return value, warnings
    if not is_written and not has_extra():
        return value, [
            _warning(_ENDPOINT, "traces and metrics need the otel extra", "pip install 'plugin-gateway[otel]'")
        ]
    if isinstance(attributes := written.get("attributes"), dict):
        written = {**written, "attributes": found.get("attributes", {}) | attributes}
    return {**value, "otel": found | written}, warnings


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    """Return the keys of `otel` that the variables set, and the warnings."""
    found: dict[str, Any] = {}
    warnings = []
    for name, key, read in _VARIABLES:
        text = environ.get(name, "").strip()
        # An empty variable counts as unset, by the specification.
        if not text:
            continue
        try:
            got = read(text, environ)
            if key:
                _judge(key, got)
        except Mistake as mistake:
            warnings.append(_warning(name, mistake.message, mistake.hint))
        else:
            if key:
                found.setdefault(key, got)
    if found.get("attributes"):
        service = found["attributes"].pop("service.name", None)
        if service:
            found.setdefault("service", service)
    if environ.get(_OTLP + "PROTOCOL", "").strip().casefold() == "grpc":
        found.pop("endpoint", None)
    else:
        warnings += _ends_of_signals(found, environ)
    return found, warnings


def _ends_of_signals(found: dict[str, Any], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Take the endpoint from the variables for one signal. Yield a warning for each that names another collector."""
    names = {signal: f"{_OTLP}{signal.upper()}_ENDPOINT" for signal in ("traces", "metrics")}
    ends = {signal: text for signal, name in names.items() if (text := environ.get(name, "").strip())}
    has_common = "endpoint" in found
    for signal, text in ends.items():
        base = text.removesuffix(f"/v1/{signal}")
        if base == text or found.setdefault("endpoint", base).rstrip("/") != base.rstrip("/"):
            yield _warning(names[signal], f"it sends {signal} to the URL of `otel.endpoint` + /v1/{signal}", "")
    if ends and not has_common:
        for signal in names.keys() - ends.keys():
            found.setdefault(signal, False)


def _judge(key: str, value: Any) -> None:
    """Raise the mistake that gateway.yaml would have with this value."""
    try:
        Otel.parse({key: value})
    except MistakesError as error:
        raise error.found[0][1] from None


def _warning(name: str, message: str, hint: str) -> Finding:
    return Finding(
        rule=_RULE,
        severity=Severity.WARNING,
        message=f"the gateway does not use {name}: {message}",
        hint=hint,
        location=Location(f"env {name}"),
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the members of a list such as `a=1,b=2`, percent-decoded."""
    for member in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = member.partition("=")
        if not separator or not name.strip():
            raise Mistake(_RULE, "it is not a list such as NAME=VALUE,NAME=VALUE")
        yield unquote(name.strip()), unquote(value.strip())


def _as_text(text: str, environ: Mapping[str, str]) -> str:
    return text


def _attributes(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    return dict(_pairs(text))


def _headers(text: str, environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in _pairs(text)}


def _exporter(text: str, environ: Mapping[str, str]) -> bool:
    names = {name.strip().casefold() for name in text.split(",")}
    if not names & {"otlp", "none"}:
        raise Mistake(_RULE, "it exports by `otlp` only, or not at all with `none`")
    return "otlp" in names


def _sample(text: str, environ: Mapping[str, str]) -> float:
    name = text.casefold().removeprefix("parentbased_")
    if name in _SAMPLERS:
        return _SAMPLERS[name]
    if name != _RATIO:
        raise Mistake(_RULE, f"its samplers are {', '.join(_SAMPLERS)} and {_RATIO}, each also with parentbased_")
    argument = environ.get(_ARGUMENT, "").strip() or "1"
    if not re.fullmatch(r"0*(?:0|1|0?\.[0-9]{1,15}|1\.0{1,15})", argument):
        raise Mistake(_RULE, f"{_ARGUMENT} is not a number between 0 and 1")
    return float(argument)


def _milliseconds(text: str, environ: Mapping[str, str]) -> str:
    if not text.isdecimal():
        raise Mistake(_RULE, "it is not a number of milliseconds")
    return f"{text}ms"


def _number(text: str, environ: Mapping[str, str]) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise Mistake(_RULE, "it is not a whole number")
    return int(text)


def _protocol(text: str, environ: Mapping[str, str]) -> None:
    if text.casefold() == "grpc":
        raise Mistake(_RULE, f"it speaks http/protobuf, so it does not use {_ENDPOINT} either")
    if text.casefold() != "http/protobuf":
        raise Mistake(_RULE, "it speaks http/protobuf")


_VARIABLES: Final[tuple[tuple[str, str, Callable[[str, Mapping[str, str]], Any]], ...]] = (
    (_ENDPOINT, "endpoint", _as_text),
    (_OTLP + "HEADERS", "headers", _headers),
    (_OTLP + "PROTOCOL", "", _protocol),
    ("OTEL_SERVICE_NAME", "service", _as_text),
    (_ATTRIBUTES, "attributes", _attributes),
    ("OTEL_TRACES_EXPORTER", "traces", _exporter),
    ("OTEL_METRICS_EXPORTER", "metrics", _exporter),
    ("OTEL_TRACES_SAMPLER", "sample", _sample),
    ("OTEL_METRIC_EXPORT_INTERVAL", "interval", _milliseconds),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "queue", _number),
)
"""The variables, the keys of `otel` that they set, and what reads them."""
