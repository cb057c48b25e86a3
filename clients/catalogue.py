"""The catalogue: the tested clients, with their requirements and scripts."""

from __future__ import annotations

from typing import NamedTuple


class Client(NamedTuple):
    """One client. The report shows the version of its first requirement."""

    name: str
    script: str
    requirements: tuple[str, ...]
    venv: str


_LANGCHAIN = ("langchain-community==0.4.*", "langchain-classic==1.*", "openapi-pydantic", "requests")

CLIENTS = (
    # Its `openapi-core` needs a `jsonschema-path` before 0.4.
    Client("Semantic Kernel", "semantic_kernel_client", ("semantic-kernel==1.45.*",), "semantic-kernel"),
    Client("LangChain", "langchain_client", _LANGCHAIN, "langchain"),
    Client("LangChain agent toolkit", "langchain_agent_client", _LANGCHAIN, "langchain"),
    Client(
        "LlamaIndex",
        "llamaindex_client",
        ("llama-index-tools-openapi==0.5.*", "llama-index-core", "llama-index-tools-requests", "jsonschema"),
        "llamaindex",
    ),
    Client("Haystack (openapi-llm)", "haystack_client", ("openapi-llm==0.4.*",), "haystack"),
    Client("Google ADK", "adk_client", ("google-adk==2.*",), "adk"),
    Client("FastMCP", "fastmcp_client", ("fastmcp==4.*",), "fastmcp"),
    Client("openapi-python-client", "generated_client", ("openapi-python-client==0.29.*",), "generated"),
)
