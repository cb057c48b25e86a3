"""openapi-python-client: a package generated from the document, then used."""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from client import CALL, LOAD_BOUND_S, run


def load(path, _):
    with tempfile.TemporaryDirectory() as folder:
        package = generate(path, Path(folder, "generated"))
        return [
            str(file.relative_to(package)) for file in sorted(package.glob("api/*/*.py")) if file.stem != "__init__"
        ]


def call(_, document):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "openapi.json")
        path.write_text(json.dumps(document))
        generate(path, Path(folder, "generated"))
        sys.path.insert(0, folder)
        client = importlib.import_module("generated").Client(base_url=document["servers"][0]["url"])
        (module,) = Path(folder).glob("generated/api/*/add_book.py")
        add_book = importlib.import_module(f"generated.api.{module.parent.name}.add_book")
        body = importlib.import_module("generated.models").NewBook.from_dict(
            {"title": CALL["title"], "pages": CALL["pages"]}
        )
        answer = add_book.sync_detailed(
            CALL["shelfId"], client=client, notify=CALL["notify"], x_reason=CALL["X-Reason"], body=body
        )
        return json.loads(answer.content)


def generate(path, package):
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none"]
    command += ["--path", str(path), "--output-path", str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_BOUND_S, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-300:] + done.stderr[-300:])
    # The generated package must be valid Python.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(package)], check=True, timeout=LOAD_BOUND_S)
    return package


run(load, call)
