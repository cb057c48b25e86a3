"""A variable: text that other tools would replace from the environment, such as `${KEY}` or `{{ KEY }}`."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
VARIABLE_NAME: Final = re.compile(_NAME)
_FORMS: Final = (
    # GitHub Actions, Helm and Jinja, shells and Compose, make, Windows.
    rf"\$?\{{\{{-?\s*[.$]?(?:[A-Za-z_]+\.)*({_NAME})\s*(?:\|[^}}]*)?-?\}}\}}",
    rf"\$\{{(?:env[:.])?({_NAME})(?::?[-?+=][^}}]*)?\}}",
    rf"\$\(({_NAME})\)",
    rf"\$({_NAME})",
    rf"%({_NAME})%",
)
# Forms that count only as a whole value: `env:KEY`, `env(KEY)`, `$env:KEY`, `ENV['KEY']`, `process.env.KEY`, `os.environ/KEY`.
_ALONE: Final = rf"\$?(?:process\.|os\.)?(?:env|ENV|environ)(?::|\.|/|\(|\[)['\"]?({_NAME})['\"]?[)\]]?"

_ANYWHERE: Final = re.compile("|".join(_FORMS))
_WHOLE: Final = re.compile("|".join((_ALONE, *_FORMS)))


def variable_in(text: str) -> tuple[str, str] | None:
    """Return the first variable in the text, as it is written and by its name, or None."""
    match = _ANYWHERE.search(text)
    return (match[0], _name(match)) if match else None


def variable_named(text: str) -> str:
    """Return the name of the variable if the text is only that variable; else an empty text."""
    match = _WHOLE.fullmatch(text.strip())
    return _name(match) if match else ""


def _name(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)
