"""A cause: why a connection failed, in words for the operator's log; clients never see it."""

from __future__ import annotations

import os
import socket
import ssl

_IN_PLAIN_TEXT = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer that is not TLS."""


def root_cause_of(error: BaseException) -> str:
    """Describe the first specific error in the chain of causes of a library's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError | socket.gaierror) or (isinstance(cause, OSError) and cause.errno):
            return cause_of(cause)
        cause = cause.__cause__ or cause.__context__
    return "no answer in time" if "Timeout" in type(error).__name__ else type(error).__name__


def cause_of(error: BaseException) -> str:
    """Describe an error of the operating system, the resolver or TLS, without library error numbers."""
    match error:
        case ssl.SSLCertVerificationError():
            return str(error.verify_message).rstrip(".")
        case ssl.SSLError() if error.reason in _IN_PLAIN_TEXT:
            return f"TLS: {error.reason.replace('_', ' ').lower()}; does the server speak plain HTTP, as with http://?"
        case ssl.SSLError() if error.reason:
            return f"TLS: {error.reason.replace('_', ' ').lower()}"
        case socket.gaierror():
            return f"cannot resolve the name ({error.strerror})"
        case TimeoutError():
            return "connection timed out"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case UnicodeError():
            return "not a valid host name"
        case _:
            return str(error) or type(error).__name__
