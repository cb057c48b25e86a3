"""The revision: config and document, compiled into one object that decides what clients can see and do."""

from plugin_gateway.admission.bounds import Bounds
from plugin_gateway.revision.model import LogSettings, Revision, UpstreamSettings

__all__ = ["Bounds", "LogSettings", "Revision", "UpstreamSettings"]
