"""LangChain: `OpenAPISpec` with `openapi_spec_to_openai_fn`."""

from client import CALL, run
from langchain_classic.chains.openai_functions.openapi import openapi_spec_to_openai_fn
from langchain_community.utilities.openapi import OpenAPISpec


def load(_, document):
    functions, _ = openapi_spec_to_openai_fn(OpenAPISpec.from_spec_dict(document))
    return [function["name"] for function in functions]


def call(_, document):
    _, call_api = openapi_spec_to_openai_fn(OpenAPISpec.from_spec_dict(document))
    arguments = {
        "path_params": {"shelfId": CALL["shelfId"]},
        "params": {"notify": CALL["notify"]},
        "headers": {"X-Reason": CALL["X-Reason"]},
        "json": {"title": CALL["title"], "pages": CALL["pages"]},
    }
    return call_api("addBook", arguments).json()


run(load, call)
