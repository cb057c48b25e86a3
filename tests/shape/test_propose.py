import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.refs import join_pointer, split_pointer
from plugin_gateway.shape.pointer import find_in_schema
from plugin_gateway.shape.propose import MOST_FIELDS, _Chooser, propose_keep

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
DATE = {"type": "string", "format": "date-time"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def listed(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


LINKS = {
    f"{name}_url": {"type": "string", "format": "uri"} for name in ("events", "forks", "keys", "teams", "hooks", "tags")
}
USER = {
    **thing(login=TEXT, id=NUMBER, avatar_url=TEXT, gravatar_id=TEXT, site_admin=FLAG, node_id=TEXT, **LINKS),
    "required": ["login"],
}
ISSUE = thing(
    id=NUMBER, node_id=TEXT, url=TEXT, html_url=TEXT, title=TEXT, state=TEXT, body=TEXT, user=USER, labels=listed(thing(id=NUMBER, name=TEXT, **LINKS)),
    created_at=DATE, updated_at=DATE, closed_at=DATE, locked_at=DATE, **LINKS,
)  # fmt: skip
WITH_ISSUES = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Issue": ISSUE}}}


def proposed(*schemas: Any) -> tuple[str, ...]:
    return propose_keep(Document(root=WITH_ISSUES, name="d"), schemas)


def test_a_list_keeps_the_names_and_dates_of_its_items_and_drops_hypermedia() -> None:
    kept = proposed(listed({"$ref": "#/components/schemas/Issue"}))

    assert {"/*/id", "/*/title", "/*/state", "/*/html_url", "/*/user/login", "/*/labels/*/name", "/*/created_at"} <= {
        *kept
    }
    assert not [one for one in kept if re.search(r"node_id|avatar|events|/url$|/body$", one)]
    assert len([one for one in kept if one.endswith("_at")]) == 3
    assert len(kept) <= MOST_FIELDS


def test_a_single_item_keeps_its_text() -> None:
    assert "/body" in proposed({"$ref": "#/components/schemas/Issue"})


def test_an_envelope_keeps_its_paging() -> None:
    kept = proposed(thing(total_count=NUMBER, request_hash=TEXT, next=TEXT, items=listed(ISSUE), _links=thing(**LINKS)))

    assert {"/total_count", "/next", "/items/*/id"} <= {*kept}
    assert not [one for one in kept if "hash" in one or "_links" in one]


def test_all_lists_of_an_envelope_are_kept() -> None:
    kept = proposed(thing(issues=listed(ISSUE), pulls=listed(ISSUE), drafts=listed(ISSUE)))

    assert {"/issues/*/title", "/pulls/*/title", "/drafts/*/title"} <= {*kept}


def test_an_id_that_bears_the_name_of_its_list_is_kept() -> None:
    item = thing(ThemeID=TEXT, Total=NUMBER, InvoiceID=TEXT, **LINKS)

    assert "/Invoices/*/InvoiceID" in proposed(thing(Invoices=listed(item)))


def test_a_small_object_is_kept_whole_and_an_expandable_one_as_its_id() -> None:
    price = thing(amount=NUMBER, currency=TEXT)
    customer = {"anyOf": [TEXT, USER]}

    assert {"/price", "/customer"} <= {*proposed(thing(id=TEXT, price=price, customer=customer, **LINKS))}


def test_secrets_and_deprecated_members_are_not_proposed() -> None:
    password, old = {"type": "string", "writeOnly": True}, {"type": "string", "deprecated": True}

    assert proposed(thing(id=TEXT, name=password, title=old, body=TEXT, **LINKS)) == ("/id", "/body")


@pytest.mark.parametrize(
    "schema", [{}, True, TEXT, thing(), thing(id=NUMBER, name=TEXT), {"type": "object"}, listed(listed(TEXT)), None]
)
def test_nothing_is_proposed_where_nothing_can_be_saved(schema: Any) -> None:
    assert proposed(schema) == ()


NAMES = st.sampled_from(
    ["id", "name", "*", "a/b", "~", "", "é", "x y", "items", "data", "created_at", "url", "\x07", "0"]
) | st.text(max_size=3)
SCHEMAS: Any = st.recursive(
    st.sampled_from([{}, True, False, TEXT, NUMBER, {"type": ["string", "null"]}, {"$ref": "#/components/schemas/Node"}, {"$ref": "#/x"}, None]),
    lambda inner: st.one_of(
        st.builds(lambda members, required: {**thing(**members), "required": required}, st.dictionaries(NAMES, inner, max_size=5), st.lists(NAMES, max_size=2)),
        st.builds(listed, inner),
        st.fixed_dictionaries({"allOf": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner}),
    ),
    max_leaves=40,
)  # fmt: skip


@given(SCHEMAS, SCHEMAS)
def test_the_config_accepts_each_proposal_and_each_place_is_in_the_schema(schema: Any, node: Any) -> None:
    document = Document(root={"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"Node": node}}}, name="d")

    # The choice, before the question whether it saves enough: random schemas are small.
    kept = tuple(map(join_pointer, _Chooser(document, MOST_FIELDS).choose([schema])))

    assert ResponseTrim.parse({"keep": [*kept]}).keep == kept
    assert all(find_in_schema(document, schema, split_pointer(one)).schemas for one in kept)
    assert {*propose_keep(document, [schema])} <= {*kept}


@pytest.mark.parametrize("name", ["*", "bell\x07_name"])
def test_a_member_that_no_pointer_can_name_is_not_proposed(name: str) -> None:
    assert proposed(thing(id=TEXT, **{name: TEXT}, body=TEXT, **LINKS)) == ("/id", "/body")
