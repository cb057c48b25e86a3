"""LangChain's agent toolkit: `reduce_openapi_spec`, whose endpoints a model reads to make requests."""

from client import CALL, run
from langchain_community.agent_toolkits.openapi.spec import reduce_openapi_spec
from langchain_community.utilities.requests import JsonRequestsWrapper


def load(_, document):
    return [name for name, _, _ in reduce_openapi_spec(document).endpoints]


def call(_, document):
    spec = reduce_openapi_spec(document)
    (path,) = [name.partition(" ")[2] for name, _, _ in spec.endpoints if name.startswith("POST ")]
    url = spec.servers[0]["url"] + path.replace("{shelfId}", CALL["shelfId"]) + f"?notify={CALL['notify']}"
    body = {"title": CALL["title"], "pages": CALL["pages"]}
    return JsonRequestsWrapper(headers={"X-Reason": CALL["X-Reason"]}).post(url, body)


run(load, call)
