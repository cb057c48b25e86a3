"""Config and document, compiled into the one object that everything a client can see or do is judged by."""

from plugin_gateway.revision.model import Limits, LogSettings, Revision, UpstreamTarget

__all__ = ["Limits", "LogSettings", "Revision", "UpstreamTarget"]
