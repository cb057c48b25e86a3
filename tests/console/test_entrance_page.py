import re
from base64 import b64encode
from hashlib import sha256

from plugin_gateway.console.entrance_page import STYLE_HASH, arrival_page, entrance_page


def test_the_page_says_which_command_to_run() -> None:
    assert "<code>plugin-gateway console</code>" in entrance_page("why")


def test_browsers_take_the_style_of_the_page_by_its_hash() -> None:
    style = re.findall(r"<style>(.*?)</style>", entrance_page("why"), re.DOTALL)
    assert [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in style] == [STYLE_HASH]


def test_the_page_of_a_link_has_no_inline_script_or_style_which_its_policy_forbids() -> None:
    page = arrival_page("abc")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?! type=\"module\" src=)", page) == []
    assert page.count("abc") == 1
