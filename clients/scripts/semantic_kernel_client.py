"""Semantic Kernel: `add_plugin_from_openapi`."""

import asyncio
import json
import tempfile
from pathlib import Path

from client import CALL, run
from semantic_kernel import Kernel
from semantic_kernel.connectors.openapi_plugin import OpenAPIFunctionExecutionParameters
from semantic_kernel.functions import KernelArguments


def load(path, _):
    return list(Kernel().add_plugin_from_openapi("api", str(path)).functions)


def call(url, document):
    kernel = Kernel()
    # Semantic Kernel refuses http and loopback unless the settings name them.
    settings = OpenAPIFunctionExecutionParameters(
        server_url_validation_allowed_base_urls=[document["servers"][0]["url"]], allow_private_network_access=True
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "openapi.json")
        path.write_text(json.dumps(document))
        plugin = kernel.add_plugin_from_openapi("api", str(path), execution_settings=settings)
        # Semantic Kernel replaces hyphens in argument names.
        arguments = {name.replace("-", "_"): value for name, value in CALL.items()}
        result = asyncio.run(kernel.invoke(plugin["addBook"], KernelArguments(**arguments)))
    return json.loads(str(result))


run(load, call)
