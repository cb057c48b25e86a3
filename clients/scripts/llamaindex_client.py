"""LlamaIndex: `OpenAPIToolSpec`, whose endpoints a model reads to make requests with `RequestsToolSpec`."""

import json
from urllib.parse import urlsplit

from client import CALL, run
from llama_index.tools.openapi import OpenAPIToolSpec
from llama_index.tools.requests import RequestsToolSpec


def load(_, document):
    return [f"{one['verb']} {one['path_template']}" for one in endpoints(document)["endpoints"]]


def call(_, document):
    told = endpoints(document)
    server = told["servers"][0]["url"]
    (path,) = [one["path_template"] for one in told["endpoints"] if one["verb"] == "POST"]
    host = urlsplit(server).hostname
    requests = RequestsToolSpec(domain_headers={host: {"X-Reason": CALL["X-Reason"]}})
    return requests.post_request(
        server + path,
        path_params={"shelfId": CALL["shelfId"]},
        query_params={"notify": CALL["notify"]},
        body={"title": CALL["title"], "pages": CALL["pages"]},
    )


def endpoints(document):
    (loaded,) = OpenAPIToolSpec(spec=document).load_openapi_spec()
    return json.loads(loaded.text)


run(load, call)
