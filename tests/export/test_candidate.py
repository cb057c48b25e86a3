"""The candidate of an export."""

from tests.shop import png, shop


def test_texts_come_from_the_plugin_or_else_from_the_document_and_the_manifest() -> None:
    plain = shop({"plugin": None})
    assert (plain.developer, plain.description, plain.terms) == (
        "The shop",
        "Orders of the shop.",
        "https://www.example.com/terms",
    )
    said = {"developer": "Ada", "description": "All orders.", "terms": "https://example.com/t"}
    told = shop({"plugin": said})
    assert (told.developer, told.description, told.terms) == tuple(said.values())


def test_a_document_that_says_nothing_leaves_the_developer_open() -> None:
    bare = shop({"plugin": {"developer": None}}, {"info": {"contact": {"name": None}, "description": None}})
    assert (bare.developer, bare.description) == ("", "Shop")


def test_a_placeholder_is_no_address_of_a_person() -> None:
    local = shop({"public": {"url": "http://localhost:8080"}}, {"info": {"contact": None}})
    assert local.email == ""
    assert shop().email == "api@example.com"


def test_the_logo_is_the_first_that_there_is() -> None:
    assert shop(images={"logo": png(50, 50), "manifest": png(60, 60)}).logo.width == 50
    assert shop(images={"manifest": png(60, 60)}).logo.width == 60
    assert shop(images={}).logo.width == 256
    assert shop().image("icon") is None


def test_a_tool_is_read_from_its_definition() -> None:
    first, _, last = shop().tools
    assert (first.name, first.title, first.method, first.path) == ("list_orders", "List orders", "GET", "/orders")
    assert first.reads_only
    assert not last.reads_only
    assert 20 < first.tokens < 500


def test_the_documents_are_known_by_profile() -> None:
    candidate = shop()
    assert {"", "lean", "plugin", "3.0", "gpt-actions"} <= set(candidate.documents)
    assert candidate.document["servers"] == [{"url": "https://shop.example.com"}]
    assert candidate.is_lean_enough(lambda document: document.get("nothing"))
    assert not candidate.is_lean_enough(lambda document: document["paths"])
