"""The build hook: with PLUGIN_GATEWAY_COMPILE=1, mypyc compiles the hot modules, and the wheel has them beside their sources.

The hook never compiles in the source tree: Python would import an extension there instead of a source that has changed since.
"""

from __future__ import annotations

import os
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Mapping

SWITCH = "PLUGIN_GATEWAY_COMPILE"
COMPILED = (
    "plugin_gateway/gate/query.py",
    "plugin_gateway/gate/search.py",
    "plugin_gateway/gate/target.py",
    "plugin_gateway/mcp/batch.py",
    "plugin_gateway/mcp/call.py",
    "plugin_gateway/mcp/caller.py",
    "plugin_gateway/mcp/clientele.py",
    "plugin_gateway/mcp/endpoint.py",
    "plugin_gateway/mcp/era.py",
    "plugin_gateway/mcp/head.py",
    "plugin_gateway/mcp/held_tool_call.py",
    "plugin_gateway/mcp/http_answer.py",
    "plugin_gateway/mcp/huge_integer.py",
    "plugin_gateway/mcp/inner_fields.py",
    "plugin_gateway/mcp/message.py",
    "plugin_gateway/mcp/mirror.py",
    "plugin_gateway/mcp/own_result.py",
    "plugin_gateway/mcp/reply.py",
    "plugin_gateway/mcp/result.py",
    "plugin_gateway/mcp/search_mode.py",
    "plugin_gateway/mcp/service.py",
    "plugin_gateway/mcp/tool_call.py",
    "plugin_gateway/mcp/under_way.py",
    "plugin_gateway/proxy/answer_body.py",
    "plugin_gateway/proxy/answer_head.py",
    "plugin_gateway/proxy/answer_rules.py",
    "plugin_gateway/proxy/body.py",
    "plugin_gateway/proxy/call.py",
    "plugin_gateway/proxy/chunked.py",
    "plugin_gateway/proxy/clearance.py",
    "plugin_gateway/proxy/clock.py",
    "plugin_gateway/proxy/coding.py",
    "plugin_gateway/proxy/door.py",
    "plugin_gateway/proxy/downlink.py",
    "plugin_gateway/proxy/endpoint.py",
    "plugin_gateway/proxy/exchange.py",
    "plugin_gateway/proxy/forward.py",
    "plugin_gateway/proxy/fronts/answering.py",
    "plugin_gateway/proxy/fronts/app_call.py",
    "plugin_gateway/proxy/fronts/client_connection.py",
    "plugin_gateway/proxy/fronts/connection.py",
    "plugin_gateway/proxy/held_body.py",
    "plugin_gateway/proxy/in_process.py",
    "plugin_gateway/proxy/inspection.py",
    "plugin_gateway/proxy/json_keys.py",
    "plugin_gateway/proxy/known_secrets.py",
    "plugin_gateway/proxy/looks.py",
    "plugin_gateway/proxy/masking.py",
    "plugin_gateway/proxy/memo.py",
    "plugin_gateway/proxy/partial_head.py",
    "plugin_gateway/proxy/pending_call.py",
    "plugin_gateway/proxy/plan.py",
    "plugin_gateway/proxy/pool.py",
    "plugin_gateway/proxy/received.py",
    "plugin_gateway/proxy/secret_index.py",
    "plugin_gateway/proxy/serving.py",
    "plugin_gateway/proxy/shaped_request.py",
    "plugin_gateway/proxy/uplink.py",
    "plugin_gateway/proxy/upload.py",
    "plugin_gateway/proxy/upstream.py",
    "plugin_gateway/proxy/watched_body.py",
    "plugin_gateway/proxy/wire.py",
    "plugin_gateway/publish/page_request.py",
    "plugin_gateway/shape/request/parameters.py",
    "plugin_gateway/shape/request/reader.py",
    "plugin_gateway/shape/values/json_text.py",
    "plugin_gateway/shape/values/reading.py",
    "plugin_gateway/shape/values/scalar.py",
    "plugin_gateway/shape/values/style.py",
    "plugin_gateway/telemetry/counters.py",
    "plugin_gateway/tools/base64_text.py",
    "plugin_gateway/tools/body.py",
    "plugin_gateway/tools/body_slot.py",
    "plugin_gateway/tools/content.py",
    "plugin_gateway/tools/draft.py",
    "plugin_gateway/tools/form.py",
    "plugin_gateway/tools/media.py",
    "plugin_gateway/tools/multipart.py",
    "plugin_gateway/tools/path.py",
    "plugin_gateway/tools/request.py",
    "plugin_gateway/tools/slot.py",
)
"""The modules that run for each call, and those that share a class with them. Not here: modules that define structs or dataclasses, because
mypyc evaluates the types of their fields, which are imported for type checking only; and named tuples with a field of a compiled class."""


class BuildHook(BuildHookInterface[BuilderConfig]):
    """Compiles for this interpreter and this machine, if asked to."""

    PLUGIN_NAME = "custom"
    _folder = ""

    def dependencies(self) -> list[str]:
        """Return the packages that the build needs; frontends ask before they build."""
        return ["mypy>=2.0", "setuptools>=77"] if is_wanted(os.environ) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and add the extensions to the wheel; an editable install is not compiled."""
        if version == "standard" and is_wanted(os.environ):
            self._folder = mkdtemp(prefix="plugin-gateway-core-")
            build_data["force_include"].update(compile_modules(Path(self._folder)))
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # hatchling's signature
        """Remove the folder that was compiled in."""
        if self._folder:
            rmtree(self._folder)


def is_wanted(environ: Mapping[str, str]) -> bool:
    return environ.get(SWITCH, "") not in {"", "0"}


def compile_modules(folder: Path) -> dict[str, str]:
    """Compile into `folder`; return each extension's file and its place in the wheel. The current folder is the project's root."""
    from mypyc.build import mypycify  # noqa: PLC0415  # a pure wheel is built without a compiler
    from setuptools import Distribution  # type: ignore[import-untyped]  # no stubs needed for four lines  # noqa: PLC0415

    # `make check` checks the types, with the imported libraries installed; the build compiles without these.
    options = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent"]
    extensions = mypycify(
        [*options, *COMPILED], opt_level="3", debug_level="0", group_name="plugin_gateway", target_dir=str(folder / "c")
    )
    lib = folder / "lib"
    command = Distribution({"name": "plugin-gateway", "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(lib), str(folder / "temp")
    command.ensure_finalized()
    command.run()
    return {str(file): str(file.relative_to(lib)) for file in sorted(lib.rglob("*.so"))}
