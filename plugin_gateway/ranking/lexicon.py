"""A lexicon: words of English that say nothing, abbreviate others, or stand for others where people name operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENT_WORDS: Final = """
a about all an and any are as at be by can could did do does each every for from give had has have how i if in into is it its let
many me mine much my need of on one or our please should so some someone something than that the their them then there these they this
those to use using via want was we were what when where which who will with would you your
"""
"""Words that say nothing about an operation."""

ABBREVIATIONS: Final = """
acct:account addr:address admin:administrator auth:authentication cert:certificate config:configuration dir:directory doc:document
env:environment img:image info:information msg:message org:organization param:parameter perm:permission repo:repository
spec:specification stat:statistic txn:transaction
"""

VERBS: Final[Mapping[str, str]] = {
    "create": "create add new make insert post register start begin generate submit write send upload schedule publish",
    "list": "list browse enumerate which",
    "get": "get show read fetch view retrieve see display download check",
    "update": "update edit change modify rename set put patch adjust configure replace archive activate deactivate enable disable",
    "delete": "delete remove destroy erase drop clear revoke cancel terminate discard withdraw unsubscribe detach unlink abort",
    "search": "search find lookup query",
}
"""For each verb of `VERBS_OF_METHODS`, the words that people type for the same act."""

VERBS_OF_METHODS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "GET": (("list", "get", "search"), ("get",)),
    "QUERY": (("search", "list"), ("search", "get")),
    "POST": (("create",), ("update", "create")),
    "PUT": (("update", "create"), ("update", "create")),
    "PATCH": (("update",), ("update",)),
    "DELETE": (("delete",), ("delete",)),
}
"""What a method does: at a path that ends in a word, and at a path that ends in a parameter."""

OTHER_MEANINGS: Final[Mapping[str, str]] = {
    "pr": "pull", "prs": "pull", "close": "update", "trigger": "dispatch", "diff": "compare",
    "me": "authenticated", "mine": "authenticated", "my": "authenticated",
}  # fmt: skip
"""Words that people type, and a word that documents often have instead."""
