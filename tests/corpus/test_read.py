"""Real documents and difficult ones, read whole and in little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin_gateway.openapi.read.source import read_document
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of documents, ../shared/corpus, is not here")


def _references(document: Document) -> set[str]:
    found, stack = (
        set(),
        [document.root.get("paths"), document.root.get("components"), document.root.get("definitions")],
    )
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += [
                child for key, child in value.items() if not key.startswith("x-") and key not in {"example", "default"}
            ]
            if isinstance(value.get("$ref"), str):
                found.add(value["$ref"])
        elif isinstance(value, list):
            stack += value
    return found


@pytest.mark.parametrize(
    ("name", "operations"),
    [
        ("open/github.json", 1223),
        ("open/kubernetes.json", 1123),
        ("open/stripe.yaml", 468),
        ("open/openai.yaml", 288),
        ("open/adyen_mgmt.yaml", 134),
        ("open/docker.yaml", 108),
        ("open/redocly_cafe.yaml", 12),
        ("open/digitalocean/specification/DigitalOcean-public.v2.yaml", 659),
        ("hard/15_multifile/root.yaml", 3),
        ("hard/10_bom_crlf.json", 2),
        ("hard/18_deep_chain.json", 1),
    ],
)
def test_real_documents_are_read_whole(name: str, operations: int) -> None:
    document = read_document(str(CORPUS / name))

    assert len(document.operations) == operations
    for reference in _references(document):
        document.resolve(reference)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the kernel does not tell a process's peak of memory"
)
def test_a_large_document_does_not_need_much_memory() -> None:
    program = (
        "import sys; from plugin_gateway.openapi.read.source import read_document; read_document(sys.argv[1]);"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program, CORPUS / "open" / "github.json"],
        capture_output=True,
        check=True,
        text=True,
        timeout=BOUND_S,
    )

    assert int(answer.stdout) < 150 * 1024
