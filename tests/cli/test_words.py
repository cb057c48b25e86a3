import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plugin_gateway.cli.words import describe, read_words
from plugin_gateway.errors import UsageError
from plugin_gateway.tools.hints import hints_of
from plugin_gateway.tools.tool import Argument, Body, BodyKind, Encoding, Place, Tool

PROPERTIES = {
    "text": {"type": "string", "description": "Words.\nMore."},
    "count": {"type": "integer"},
    "price": {"type": "number"},
    "flag": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "integer"}},
    "where": {"type": "object"},
    "maybe": {"type": ["integer", "null"]},
    "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    "linked": {"$ref": "#/$defs/Count"},
    "lists": {"anyOf": [{"type": "array", "items": {"type": "boolean"}}, {"type": "null"}]},
    "any": {},
    "photo": {"type": "string"},
    "loop": {"$ref": "#/$defs/Loop"},
    "self": {"$ref": "#/$defs/Self"},
    "shape": {"properties": {"a": {}}},
}


def tool(properties: dict[str, Any] = PROPERTIES, required: Sequence[str] = ()) -> Tool:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "$defs": {
            "Count": {"type": "integer"},
            "Loop": {"$ref": "#/$defs/Loop"},
            "Self": {"anyOf": [{"$ref": "#/$defs/Self"}] * 9},
        },
    }
    photo = Argument(name="photo", place=Place.BODY, wire_name="photo")
    return Tool(
        name="t",
        method="GET",
        path_template="/",
        title="",
        description="",
        hints=hints_of("GET"),
        arguments=(photo,),
        body=Body(
            media_type="multipart/form-data", kind=BodyKind.MULTIPART, encodings={"photo": Encoding(is_binary=True)}
        ),
        definition=json.dumps({"inputSchema": schema}).encode(),
    )


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["text=a=b:c@d"], {"text": "a=b:c@d"}),
        (["text="], {"text": ""}),
        (["text=5"], {"text": "5"}),
        (["count=-5"], {"count": -5}),
        (["count=123456789012345678901234567890"], {"count": 123456789012345678901234567890}),
        (["price=1.50"], {"price": 1.5}),
        (["flag=true"], {"flag": True}),
        (["tags=1"], {"tags": [1]}),
        (["tags=1", "tags=2", "tags=3"], {"tags": [1, 2, 3]}),
        (["tags=[1,2]"], {"tags": [1, 2]}),
        (["lists=true"], {"lists": [True]}),
        (['where={"a": 1}'], {"where": {"a": 1}}),
        (["maybe=null"], {"maybe": None}),
        (["maybe=3"], {"maybe": 3}),
        (["either=5"], {"either": "5"}),
        (["either:=5"], {"either": 5}),
        (["linked=7"], {"linked": 7}),
        (["any=x"], {"any": "x"}),
        (["loop=x"], {"loop": "x"}),
        (["self=x"], {"self": "x"}),
        (['shape={"a": 1}'], {"shape": {"a": 1}}),
        (["unknown=x"], {"unknown": "x"}),
        (["count:=18446744073709551617"], {"count": 18446744073709551617}),
        (["count=1", "count=2"], {"count": 2}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_word_gives_a_value_of_the_type_that_the_tool_names(words: list[str], arguments: dict[str, Any]) -> None:
    read = read_words(words, tool())

    assert read == arguments
    assert [type(value) for value in read.values()] == [type(value) for value in arguments.values()]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("text", "write key=value"),
        ("=x", "write key=value"),
        ("count=1.5", "`count` takes an integer, not `1.5`"),
        ("flag=yes", "`flag` takes a boolean"),
        ("where=x", "write an object as JSON: where:='{…}'"),
        ("price=nan", "`price` takes a number"),
        ("price=true", "`price` takes a number"),
        ("tags=x", "`tags` takes an integer"),
        ("any:={", "as JSON"),
        ("any:=NaN", "NaN is not a JSON number"),
        ("any:=" + "[" * 100_000, "as JSON"),
        ("text=@/nowhere/x", "cannot read /nowhere/x: no such file"),
        ("@/nowhere/x", "cannot read /nowhere/x"),
    ],
    ids=range(13),
)
def test_a_word_that_cannot_be_read_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_words([word], tool())

    assert said in str(caught.value)


def test_files_give_text_octets_json_or_all_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("é\n")
    (tmp_path / "octets").write_bytes(b"\xff")
    (tmp_path / "list").write_text("[1]")
    (tmp_path / "json").write_text('{"count": 1, "text": "a"}')
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"flag": true}')))

    words = [
        f"@{tmp_path}/json",
        f"text=@{tmp_path}/text",
        f"photo=@{tmp_path}/octets",
        f"where:=@{tmp_path}/json",
        "@-",
    ]

    assert read_words(words, tool()) == {
        "count": 1,
        "text": "é\n",
        "photo": base64.b64encode(b"\xff").decode(),
        "where": {"count": 1, "text": "a"},
        "flag": True,
    }
    with pytest.raises(UsageError, match="not UTF-8"):
        read_words([f"text=@{tmp_path}/octets"], tool())
    with pytest.raises(UsageError, match="must be a JSON object"):
        read_words([f"@{tmp_path}/list"], tool())


def test_the_description_of_a_tool_lists_required_arguments_first() -> None:
    lines = describe(tool(required=["maybe"])).splitlines()

    assert lines[:3] == ["t takes:", "  maybe   integer | null, required", "  text    string  Words."]
    assert "  any     any value" in lines
    assert describe(tool({})) == "t takes no arguments"


def test_a_long_description_is_cut_after_a_word() -> None:
    line = describe(
        tool({"a": {"description": "The account owner of the repository. The name is not case sensitive."}})
    )
    assert line == "t takes:\n  a  any value  The account owner of the repository.…"
