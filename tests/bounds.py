"""The time after which a test calls a wait a hang. It only ends a test that fails, so it is long: a busy machine is not a fault."""

from typing import Final

BOUND_S: Final = 120.0
