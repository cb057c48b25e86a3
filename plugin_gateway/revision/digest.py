"""The digest of a revision: equal for two that serve the same, and made of no secret."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.admission.limits import CallLimits
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.publish.face import Face
    from plugin_gateway.revision.model import Limits, UpstreamTarget, View


def digest_of(
    faces: Mapping[str, Face],
    rules: Iterable[OperationRule],
    upstream: UpstreamTarget,
    limits: Limits,
    cors_origins: Iterable[str],
    *,
    views: Iterable[View] = (),
    calls: CallLimits | None = None,
) -> str:
    """Return the SHA-256 of what is served and forwarded. A credential that changes gives a new number, not a new digest."""
    canonical = {
        "faces": {path: face.etag for path, face in faces.items()},
        "rules": [asdict(rule) for rule in rules],
        # Without our private key: it changes with our certificate, and is a secret.
        "upstream": asdict(replace(upstream, tls_files=replace(upstream.tls_files, key=b""))),
        "limits": asdict(limits),
        "cors": list(cors_origins),
        # Without the URL of the store, in which a password may be.
        "calls": asdict(replace(calls, store_url="")) if calls is not None else {},
        "views": [[view.consumer, {path: face.etag for path, face in view.faces.items()}] for view in views],
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Turn what JSON lacks into what it has; sets are ordered, as their own order differs between processes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, frozenset):
        return sorted(_plain(item) if isinstance(item, bytes) else item for item in value)
    raise TypeError(f"{type(value).__name__} has no place in a digest")
