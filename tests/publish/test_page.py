from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.publish.page import PAGE_POLICY, PageLinks, build_page

MANIFEST = {
    "name_for_human": "Orders",
    "description_for_human": "Look up orders.",
    "contact_email": "api@example.com",
    "legal_info_url": "https://example.com/legal",
}
LINKS = PageLinks(document="/openapi.json", manifest="/.well-known/ai-plugin.json", mcp="/mcp")


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.style = ""
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append(tag)
        if "href" in dict(attrs):
            self.links[dict(attrs)["href"]] = ""

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["style"] and not self.style:
            self.style = data
        else:
            self.words.append(data)


def page(manifest: dict[str, Any] = MANIFEST, url: str = "https://gw.example/plugin", links: PageLinks = LINKS) -> str:
    return build_page(manifest, url, links).body.decode()


def test_the_page_describes_the_gateway_and_links_its_faces() -> None:
    text = page()
    assert "<h1>Orders</h1>" in text
    assert "Look up orders." in text
    assert set(Reader(text).links) == {
        "./mcp",
        "./openapi.json",
        "./.well-known/ai-plugin.json",
        "mailto:api@example.com",
        "https://example.com/legal",
    }
    assert "<code>https://gw.example/plugin/mcp</code>" in text


def test_an_endpoint_that_is_off_is_not_on_the_page() -> None:
    assert "mcp" not in page(links=PageLinks(document="/openapi.json", manifest="/m")).lower()


def test_a_description_that_only_repeats_the_name_is_left_out() -> None:
    assert page({**MANIFEST, "description_for_human": "Orders"}).count("<p>") == page().count("<p>") - 1


def test_placeholders_of_localhost_are_not_shown() -> None:
    text = page({**MANIFEST, "contact_email": "admin@localhost", "legal_info_url": "http://localhost:8080"})
    assert "<footer>" not in text
    assert "localhost" not in text


def test_the_style_is_the_one_that_the_policy_allows_and_nothing_else_is_loaded() -> None:
    reader = Reader(page())
    assert f"'sha256-{b64encode(sha256(reader.style.encode()).digest()).decode()}'" in PAGE_POLICY
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(reader.tags)


@given(st.text(), st.text(), st.sampled_from(["javascript:alert(1)", "https://a/\"onclick='x'", "data:text/html,x"]))
def test_no_text_of_the_document_becomes_markup(name: str, description: str, legal: str) -> None:
    hostile = "</title></style><script>alert(1)</script>"
    plain = Reader(page())
    shown = Reader(
        page(
            {
                **MANIFEST,
                "name_for_human": hostile + name,
                "description_for_human": description,
                "legal_info_url": legal,
            }
        )
    )
    assert {*shown.tags} <= {*plain.tags}
    assert shown.tags.count("style") == 1
    assert not any(link.startswith(("javascript:", "data:")) for link in shown.links)
