"""Real documents and difficult ones, read, pruned and rendered, and judged by an oracle that shares no code with us."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.json_skim import skim_json
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.render import to_json
from tests.narrow import present

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
HARD = sorted(
    path.relative_to(CORPUS / "hard").as_posix().removesuffix(".allow") for path in CORPUS.glob("hard/**/*.allow")
)
OPEN = sorted(path.name.removesuffix(".txt") for path in CORPUS.glob("allow/*.txt"))
REFUSED = {
    "09_dup_keys.yaml": "duplicate",
    "16_alias_bomb.yaml": "alias",
    "17_alias_cycle.yaml": "alias",
    "20_external_and_bad_refs.yaml": "127.0.0.1",
}
_STACK_BYTES = 256 * 1024 * 1024
_DEPTH = 50_000

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of documents, ../shared/corpus, is not here")


@pytest.fixture(scope="module")
def oracle() -> Any:
    spec = present(importlib.util.spec_from_file_location("prune_oracle", CORPUS / "prune_oracle.py"))
    module = importlib.util.module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


def _judge(oracle: Any, full: dict[str, Any], pruned: dict[str, Any], kept: list[tuple[str, str]]) -> Any:
    """The oracle's failures; it recurses deeply, so it gets a stack of its own."""
    verdicts = []
    limit = sys.getrecursionlimit()
    size = threading.stack_size(_STACK_BYTES)
    try:
        sys.setrecursionlimit(_DEPTH)
        thread = threading.Thread(
            target=lambda: verdicts.append(oracle.check(full, pruned, kept, allow_ext_drop=True, strict_ext_refs=True))
        )
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    return verdicts[0].fail


def _kept(path: Path) -> list[OperationKey]:
    lines = path.read_text().splitlines()
    return [OperationKey(*line.split(None, 1)) for line in lines if line.strip() and not line.startswith("#")]


def _failures(oracle: Any, location: Path, kept: list[OperationKey] | None = None) -> Any:
    document = read_document(str(location))
    kept = kept or list(document.operations)[:: len(document.operations) // 10]
    pruned = json.loads(to_json(prune(document, kept).root))
    return _judge(oracle, document.root, pruned, [(key.method, key.path) for key in kept])


@pytest.mark.parametrize("name", [name for name in HARD if name not in REFUSED])
def test_a_difficult_document_is_pruned_exactly(oracle: Any, name: str) -> None:
    assert _failures(oracle, CORPUS / "hard" / name, _kept(CORPUS / "hard" / f"{name}.allow")) == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_document_is_refused_with_a_message(name: str) -> None:
    kept = _kept(CORPUS / "hard" / f"{name}.allow")
    with pytest.raises(DocumentError, match=REFUSED[name]):
        prune(read_document(str(CORPUS / "hard" / name)), kept)


@pytest.mark.parametrize("name", OPEN)
def test_a_real_document_is_pruned_exactly(oracle: Any, name: str) -> None:
    assert _failures(oracle, CORPUS / "open" / name, _kept(CORPUS / "allow" / f"{name}.txt")) == []


@pytest.mark.parametrize("name", [name for name in OPEN if name.endswith(".json")])
def test_a_real_document_that_is_skimmed_is_pruned_as_if_it_were_read_whole(name: str) -> None:
    data = (CORPUS / "open" / name).read_bytes()
    kept = _kept(CORPUS / "allow" / f"{name}.txt")
    whole = Document(root=decode(data, name), name=name)
    skimmed = Document(root=present(skim_json(data, name)), name=name)

    assert to_json(prune(skimmed, kept).root) == to_json(prune(whole, kept).root)
    told = [[(one.key, one.operation_id, one.tags) for one in each.operations.values()] for each in (skimmed, whole)]
    assert told[0] == told[1]


def test_a_document_of_many_files_is_pruned_exactly(oracle: Any) -> None:
    assert _failures(oracle, CORPUS / "open/digitalocean/specification/DigitalOcean-public.v2.yaml") == []
