from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.approvals.link import LinkSigner


@given(st.text(alphabet="0123456789abcdef", min_size=1))
def test_a_link_leads_back_to_its_id(id_: str) -> None:
    links = LinkSigner()
    assert links.id_of(links.token_of(id_)) == id_


@given(st.text())
def test_a_text_that_was_not_signed_leads_nowhere(token: str) -> None:
    assert LinkSigner(b"key").id_of(token) == ""


def test_a_signature_is_for_one_id_of_one_process() -> None:
    links = LinkSigner()
    signature = links.token_of("a").partition(".")[2]
    assert links.id_of(f"b.{signature}") == ""
    assert LinkSigner().id_of(links.token_of("a")) == ""
    assert links.id_of("a") == ""
