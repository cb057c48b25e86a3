"""The session of the console, in a real browser: other pages of this machine, several tabs, and the end of the session."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.bounds import BOUND_S
from tests.console.world import (
    CONFIG,
    DOCUMENT,
    NEEDS_PLAYWRIGHT,
    Gateway,
    call_until_shown,
    chromium,
    console,
    run,
    serving,
)
from tests.running import Upstream

sync_api = pytest.importorskip("playwright.sync_api", reason=NEEDS_PLAYWRIGHT)
expect = sync_api.expect
expect.set_options(timeout=1000 * BOUND_S)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import SimpleNamespace

    from playwright.sync_api import Browser, Page

ENTER_AGAIN = re.compile("^Run plugin-gateway console")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("session")
    upstream = Upstream()
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "gateway.yaml").write_text(CONFIG.format(port=upstream.port))
    run(folder, "lock")
    with serving(folder / "gateway.yaml") as gateway:
        yield gateway
    upstream.close()


class Neighbour:
    """Another web server of this machine, which keeps the cookies that it gets."""

    def __init__(self) -> None:
        self.cookies: list[str] = []
        neighbour = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                neighbour.cookies.append(self.headers.get("Cookie") or "")
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>A neighbour</title>")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    one = Neighbour()
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()


def ask(gateway: Gateway, method: str, path: str, **fields: str) -> SimpleNamespace:
    """Ask the console as any program can that has these fields."""
    body = "{}" if method == "POST" else None
    origin = f"http://127.0.0.1:{gateway.admin_port}"
    return gateway.ask(method, f"/console/{path}", body, port=gateway.admin_port, origin=origin, **fields)


def code(answer: SimpleNamespace) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()


def test_a_server_on_another_port_gets_the_cookie_and_can_neither_read_nor_save_with_it(
    browser: Browser, gateway: Gateway
) -> None:
    """A person who is in the console opens a page of another server of this machine. Browsers send cookies to every port."""
    with neighbour() as other, console(browser, gateway) as page, page.context.new_page() as theirs:
        theirs.goto(f"{other.url}/console/")
        cookie = other.cookies[0]
        assert cookie.startswith("plugin_gateway_console_")

        for path in ("state", "operations", "traffic"):
            assert code(ask(gateway, "GET", f"api/{path}", cookie=cookie)) == (401, "no-page-secret")
        for path in ("save", "logout"):
            assert code(ask(gateway, "POST", f"api/{path}", cookie=cookie)) == (401, "no-page-secret")
        assert theirs.evaluate("Object.keys(localStorage)") == []
        for mode in ("cors", "no-cors"):
            read = """([url, mode]) => fetch(url, {credentials: "include", mode}).then((answer) => answer.text(), () => "")"""
            assert theirs.evaluate(read, [f"http://{gateway.admin}/console/api/state", mode]) == ""


def test_the_secrets_stand_in_no_address_of_the_browser(browser: Browser, gateway: Gateway) -> None:
    with console(browser, gateway) as page:
        secret = page.evaluate("localStorage.getItem('page-secret')")
        assert len(secret) == 43
        assert page.url == f"http://{gateway.admin}/console/"
        # The page of the link has been replaced, so the way back leads to the blank page of a new tab.
        assert page.evaluate("history.length") == 2
        page.go_back()
        assert page.url == "about:blank"


def test_a_page_that_is_read_again_and_a_second_tab_stay_in_the_session(browser: Browser, gateway: Gateway) -> None:
    with console(browser, gateway) as page, page.context.new_page() as second:
        page.reload()
        page.locator(".item").first.wait_for()
        second.goto(page.url)
        second.locator(".item").first.wait_for()


def test_a_new_link_in_a_second_tab_takes_the_first_one_along(browser: Browser, gateway: Gateway) -> None:
    with console(browser, gateway) as page, page.context.new_page() as second:
        page.get_by_role("link", name="Traffic").click()
        second.goto(gateway.link())
        second.locator(".item").first.wait_for()

        call_until_shown(gateway, "GET", "/labels", page.get_by_role("row").filter(has_text="/labels"))
        expect(page.get_by_role("alert").first).to_be_empty()


def test_logging_out_ends_the_session_in_each_tab_and_invalidates_both_secrets(
    browser: Browser, gateway: Gateway
) -> None:
    with console(browser, gateway) as page, page.context.new_page() as second:
        second.goto(f"{page.url}traffic")
        second.get_by_role("heading", name="Traffic").wait_for()
        (cookie,) = page.context.cookies()
        secret = page.evaluate("localStorage.getItem('page-secret')")
        both = {"cookie": f"{cookie['name']}={cookie['value']}", "plugin_gateway_page_secret": secret}
        assert ask(gateway, "GET", "api/state", **both).status == 200

        log_out(page)

        for tab in (page, second):
            expect(tab.get_by_role("heading", name="Enter the console")).to_be_visible()
            expect(tab.get_by_text(ENTER_AGAIN)).to_be_visible()
            assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
        assert page.context.cookies() == []
        assert code(ask(gateway, "GET", "api/state", **both)) == (401, "no-console-session")
        assert ask(gateway, "GET", "", **both).status == 401


@pytest.mark.parametrize("screen", ["", "document", "faces", "traffic", "health", "approvals"])
def test_each_screen_has_a_button_that_logs_out(browser: Browser, gateway: Gateway, screen: str) -> None:
    with console(browser, gateway) as page:
        page.goto(f"http://{gateway.admin}/console/{screen}")
        log_out(page)
        expect(page.get_by_role("heading", name="Enter the console")).to_be_visible()


def test_a_page_that_lost_its_secret_says_how_to_enter_again(browser: Browser, gateway: Gateway) -> None:
    with console(browser, gateway) as page:
        page.evaluate("localStorage.clear()")
        expect(page.get_by_role("alert").first).to_contain_text("plugin-gateway console")
        # A person who gives up gets the entrance page also without a session that the gateway knows.
        log_out(page)
        expect(page.get_by_role("alert").first).to_contain_text("plugin-gateway console")
