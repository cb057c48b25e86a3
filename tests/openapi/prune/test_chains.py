import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.chains import Chains
from plugin_gateway.openapi.prune.targets import Region, Targets


def _to(name: str) -> str:
    return f"#/components/schemas/{name}"


SCHEMAS = {
    "End": {"type": "string"},
    "One": {"$ref": _to("End")},
    "Two": {"$ref": _to("One")},
    "Self": {"$ref": _to("Self")},
    "Ping": {"$ref": _to("Pong")},
    "Pong": {"$ref": _to("Ping")},
    "Into": {"$ref": _to("Ping")},
    "Broken": {"$ref": _to("Nowhere")},
}


@pytest.mark.parametrize(
    ("name", "is_circle"),
    [
        ("End", False),
        ("One", False),
        ("Two", False),
        ("Self", True),
        ("Ping", True),
        ("Into", True),
        ("Broken", False),
    ],
)
def test_a_chain_that_leads_back_to_itself_is_found_once(name: str, is_circle: bool) -> None:
    root = {"openapi": "3.1.0", "components": {"schemas": SCHEMAS}}
    targets = Targets(Document(root=root, name="api.yaml"), {})
    landing = targets.land(_to(name), Region(()))
    chains = Chains(targets)

    assert (chains.find_circle(ObjectKind.SCHEMA, landing, _to(name)) is not None) is is_circle
    assert chains.find_circle(ObjectKind.SCHEMA, landing, _to(name)) is None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("Two", ""), ("Ping", "leads back to itself"), ("Broken", "points at nothing"), ("Nowhere", "points at nothing")],
)
def test_a_chain_that_ends_at_no_object_is_broken(name: str, wrong: str) -> None:
    targets = Targets(Document(root={"openapi": "3.1.0", "components": {"schemas": SCHEMAS}}, name="api.yaml"), {})
    error = Chains(targets).find_break(ObjectKind.SCHEMA, _to(name), Region(()))
    assert wrong in str(error or "")
    assert bool(error) == bool(wrong)
