"""Config and document, compiled into the one object that everything a client can see or do is judged by."""

from plugin_gateway.admission.bounds import Bounds
from plugin_gateway.revision.model import LogSettings, Revision, UpstreamTarget

__all__ = ["Bounds", "LogSettings", "Revision", "UpstreamTarget"]
