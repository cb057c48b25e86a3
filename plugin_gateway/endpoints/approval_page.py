"""The approval page: a waiting call as a person sees it, in HTML without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from plugin_gateway.approvals.approval import State, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.approvals.approval import Approval

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse}th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0;font-weight:600}"
    "td,pre{overflow-wrap:anywhere;white-space:pre-wrap;font-family:ui-monospace,monospace;font-size:.9rem}"
    "pre{background:#f4f4f4;padding:.8rem;border-radius:4px}.warning{background:#fff3cd;padding:.6rem .8rem;border-radius:4px}"
    "button{font:inherit;padding:.5rem 1.4rem;margin:0 .6rem 0 0}label{display:block;margin:0 0 .8rem}"
)


def decision_page(approval: Approval, *, needs_key: bool, is_key_wrong: bool = False) -> str:
    """Return the page on which a person decides; after the decision it only shows the call."""
    held = approval.held
    rows = [
        ("Operation", held.operation),
        ("Request", f"{held.method} {held.path}"),
        *((("Query", held.query),) if held.query else ()),
        *((f"Field {name}", value) for name, value in held.fields),
        ("Caller", held.caller or "not known: the gateway asks callers for no credential"),
        ("Asked at", timestamp(approval.asked_at)),
        ("Expires at", timestamp(approval.expires_at)),
    ]
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    parts = [f"<table>{table}</table>"]
    if approval.is_repeated:
        parts.insert(0, _warning("The same call ran a short time ago. If you approve this one, it runs again."))
    if held.body_bytes:
        kind = f"{held.body_bytes} bytes, {held.media_type or 'without a media type'}"
        parts.append(f"<h2>Body</h2><p>{escape(kind)}, SHA-256 {escape(held.body_sha256)}</p>")
        if held.body_left_out:
            parts.append(_warning(f"Only the beginning is shown: {held.body_left_out} bytes are left out."))
        parts.append(f"<pre>{escape(held.body)}</pre>")
    if approval.state is State.PENDING or approval.state is State.APPROVED:
        parts.append(_form(approval, needs_key=needs_key, is_key_wrong=is_key_wrong))
    else:
        parts.append(f"<p>{escape(_OUTCOMES[approval.state])}</p>")
    return _html("A call waits for you" if approval.state is State.PENDING else "A call", "".join(parts))


def decided_page(approval: Approval) -> str:
    """Return the page after a decision."""
    return _html("Decided", f"<p>{escape(_OUTCOMES[approval.state])}</p>")


def gone_page() -> str:
    return _html("No such call", "<p>There is no such call. It may have expired, or the gateway restarted.</p>")


def list_page(approvals: Iterable[tuple[Approval, str]]) -> str:
    """Return the list of calls, with links to their pages."""
    rows = "".join(
        f'<tr><td>{escape(one.state)}</td><td><a href="{escape(link)}">{escape(one.held.operation)}</a></td>'
        f"<td>{escape(one.held.method)} {escape(one.held.path)}</td><td>{escape(one.held.caller)}</td>"
        f"<td>{escape(timestamp(one.asked_at))}</td></tr>"
        for one, link in approvals
    )
    return _html("Calls that wait", f"<table>{rows}</table>" if rows else "<p>No call waits.</p>")


_OUTCOMES: Final = {
    State.PENDING: "A person must decide about this call.",
    State.APPROVED: "This call is approved. It runs once, when the caller sends it again.",
    State.DENIED: "This call is denied. It does not run.",
    State.EXECUTED: "This call ran already. No decision can change that.",
}


def _form(approval: Approval, *, needs_key: bool, is_key_wrong: bool) -> str:
    wrong = _warning("The key is wrong.") if is_key_wrong else ""
    key = (
        '<label>Key of an approver <input type="password" name="key" autocomplete="off" required></label>'
        if needs_key
        else ""
    )
    approve = '<button name="decision" value="approve">Approve</button>' if approval.state is State.PENDING else ""
    outcome = "" if approval.state is State.PENDING else f"<p>{escape(_OUTCOMES[approval.state])}</p>"
    return (
        f'{wrong}{outcome}<form method="post">{key}{approve}<button name="decision" value="deny">Deny</button></form>'
    )


def _warning(text: str) -> str:
    return f'<p class="warning">{escape(text)}</p>'


def _html(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{escape(title)}</h1>{content}</html>'
    )
