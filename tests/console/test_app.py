import asyncio
import re
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugin_gateway.console.app import COOKIE, HEADERS, PAGE_FIELD, Console, Power
from plugin_gateway.console.handler import Handler
from plugin_gateway.endpoints.admin import admin_app

KEY = "k" * 43
OWN = {"Origin": "http://localhost:8081"}
NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
"""What a client sends when a person opens a link."""


async def echo(request: Request, body: bytes) -> Response:
    return JSONResponse({"body": body.decode(), "id": request.path_params.get("id")})


HANDLERS = (
    Handler(path="state", answer=echo),
    Handler(path="save", answer=echo, method="POST", most_body_bytes=10),
    Handler(path="approvals/{id}", answer=echo, method="POST"),
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """Asks one console, and keeps the cookies. It enters as a program does; `open` enters as a client does."""

    def __init__(self, power: Power = "write", *, enters: bool = True) -> None:
        self.clock = Clock()
        self.ended = 0
        self.console = Console(HANDLERS, clock=self.clock, ended=self._count)
        self.console.key = KEY
        self.console.power = power
        self.cookies = httpx2.Cookies()
        if enters:
            self.get(self.console.link())

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        async def ask() -> httpx2.Response:
            transport = httpx2.ASGITransport(admin_app(self.console.routes()))
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://localhost:8081", cookies=self.cookies
            ) as browser:
                response = await browser.request(method, path, **options)
                self.cookies = browser.cookies
                return response

        return asyncio.run(ask())

    def _count(self) -> None:
        self.ended += 1

    def open(self, link: str) -> dict[str, str]:
        """Open a link as a client does; return the field that the scripts of the page send."""
        found = re.search(
            r'<meta name="page-secret" content="([A-Za-z0-9_-]{43})">', self.get(link, headers=NAVIGATION).text
        )
        assert found
        return {PAGE_FIELD: found[1]}

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("POST", path, **options)


def code(response: httpx2.Response) -> tuple[int, str]:
    is_problem = response.headers.get("content-type", "") == "application/problem+json"
    return response.status_code, response.json()["code"] if is_problem else ""


def test_a_link_enters_and_the_cookie_keeps_the_session() -> None:
    client = Client(enters=False)
    entered = client.get(client.console.link())
    assert (entered.status_code, entered.headers["location"]) == (303, "/console/")
    name, _, attributes = entered.headers["set-cookie"].partition("=")
    assert name == client.console.cookie
    assert re.fullmatch(COOKIE + "_[0-9a-f]{8}", name)
    assert {part.strip().lower() for part in attributes.split(";")[1:]} == {
        "httponly",
        "samesite=strict",
        "path=/console",
        "max-age=43200",
    }
    assert client.get("/console/").status_code == 200
    assert client.get("/console/api/state").json() == {"body": "", "id": None}


def test_a_browser_gets_a_page_with_its_page_secret_and_no_redirect() -> None:
    client = Client(enters=False)
    entered = client.get(client.console.link(), headers=NAVIGATION)
    assert (entered.status_code, entered.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "location" not in entered.headers
    assert entered.headers["cache-control"] == "no-store"
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert re.findall(r"<script[^>]*>", entered.text) == ['<script type="module" src="/console/enter.js">']
    assert client.get("/console/enter.js").status_code == 200


@pytest.mark.parametrize(
    "secret", [None, "", "x", "é".encode(), "cookie"], ids=["missing", "empty", "wrong", "not ASCII", "the cookie's"]
)
def test_the_cookie_of_a_browser_alone_reads_and_changes_nothing(secret: Any) -> None:
    client = Client(enters=False)
    client.open(client.console.link())
    value = client.cookies[client.console.cookie] if secret == "cookie" else secret
    fields = {} if value is None else {PAGE_FIELD: value}
    for path in ("state", "traffic", "nope", ""):
        assert code(client.get(f"/console/api/{path}", headers=fields)) == (401, "no-page-secret")
    for path in ("save", "logout", "approvals/a1"):
        refused = client.post(f"/console/api/{path}", json={}, headers={**OWN, **fields})
        assert code(refused) == (401, "no-page-secret")
        assert PAGE_FIELD in refused.json()["detail"]
        assert "localStorage" in refused.json()["hint"]


def test_neither_the_page_secret_alone_nor_the_secret_of_another_session_lets_a_page_in() -> None:
    client = Client(enters=False)
    other = client.open(client.console.link())
    client.cookies = httpx2.Cookies()
    assert code(client.get("/console/api/state", headers=other)) == (401, "no-console-session")
    mine = client.open(client.console.link())
    assert code(client.get("/console/api/state", headers=other)) == (401, "no-page-secret")
    assert client.get("/console/api/state", headers=mine).status_code == 200
    assert client.post("/console/api/save", json={}, headers={**OWN, **mine}).status_code == 200


def test_the_page_secret_does_not_make_a_page_of_another_port_the_consoles() -> None:
    client = Client(enters=False)
    mine = client.open(client.console.link())
    for fields in ({"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:3000"}):
        refused = client.get("/console/api/state", headers={**mine, **fields})
        assert code(refused) == (403, "origin-not-allowed")


def test_a_new_link_ends_the_session_that_the_browser_had() -> None:
    client = Client(enters=False)
    first = client.open(client.console.link())
    cookies = client.cookies
    client.cookies = httpx2.Cookies(cookies)
    second = client.open(client.console.link())
    assert client.get("/console/api/state", headers=second).status_code == 200
    assert client.ended == 1
    client.cookies = cookies
    assert code(client.get("/console/api/state", headers=first)) == (401, "no-console-session")


def test_a_wrong_link_ends_no_session() -> None:
    client = Client(enters=False)
    mine = client.open(client.console.link())
    assert client.get("/console/enter?token=x", headers=NAVIGATION).status_code == 401
    assert client.get("/console/api/state", headers=mine).status_code == 200


def test_logging_out_invalidates_both_secrets() -> None:
    client = Client(enters=False)
    mine = client.open(client.console.link())
    cookies = httpx2.Cookies(client.cookies)
    gone = client.post("/console/api/logout", json={}, headers={**OWN, **mine})
    assert (gone.status_code, client.ended) == (204, 1)
    name, _, attributes = gone.headers["set-cookie"].partition("=")
    assert name == client.console.cookie
    assert {"max-age=0", "path=/console"} <= {part.strip().lower() for part in attributes.split(";")}
    client.cookies = cookies
    assert code(client.get("/console/api/state", headers=mine)) == (401, "no-console-session")
    assert client.get("/console/").status_code == 401


def test_a_program_logs_out_as_a_browser_does_and_no_get_does() -> None:
    client = Client()
    assert code(client.get("/console/api/logout")) == (405, "method-not-allowed")
    assert code(client.post("/console/api/logout", json={})) == (403, "origin-not-allowed")
    cookies = httpx2.Cookies(client.cookies)
    assert client.post("/console/api/logout", json={}, headers=OWN).status_code == 204
    client.cookies = cookies
    assert client.get("/console/api/state").status_code == 401


@pytest.mark.parametrize("path", ["/console/enter.js", "/console/console.js", "/console/api/document"])
def test_no_answer_becomes_a_service_worker(path: str) -> None:
    client = Client()
    response = client.get(path, headers={"Service-Worker": "script", "Sec-Fetch-Site": "same-origin"})
    assert code(response) == (403, "origin-not-allowed")
    assert "worker-src 'none'" in client.get("/console/").headers["content-security-policy"]


def test_behind_a_proxy_with_tls_the_cookie_is_secure() -> None:
    client = Client(enters=False)
    entered = client.get(client.console.link(), headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" in entered.headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["/console/", "/console", "/console/traffic", "/console/index.html", "/console/nope.js"]
)
def test_without_a_session_a_browser_gets_a_page_that_says_how_to_enter(path: str) -> None:
    response = Client(enters=False).get(path)
    assert response.status_code == 401
    assert response.headers["content-type"].startswith("text/html")
    assert "plugin-gateway console" in response.text
    assert "default-src 'self'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/console/api/state", "/console/api/", "/console/api/nope", "/console/api/save"])
@pytest.mark.parametrize("cookie", [None, "", "wrong", "é"])
def test_without_a_session_the_api_refuses_all_paths_alike(path: str, cookie: str | None) -> None:
    client = Client(enters=False)
    headers = {"Cookie": f"{client.console.cookie}={cookie}".encode()} if cookie is not None else {}
    response = client.get(path, headers=headers)
    assert code(response) == (401, "no-console-session")
    assert client.post(path, json={}, headers={**OWN, **headers}).status_code == 401


def test_two_gateways_on_one_machine_keep_their_sessions_apart() -> None:
    first, second = Client(), Client(enters=False)
    second.cookies = first.cookies
    assert second.get("/console/api/state").status_code == 401
    second.get(second.console.link())
    first.cookies = second.cookies
    assert first.get("/console/api/state").status_code == 200


def test_a_used_token_enters_nothing() -> None:
    client = Client(enters=False)
    link = client.console.link()
    client.get(link)
    client.cookies = httpx2.Cookies()
    response = client.get(link)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert client.get("/console/api/state").status_code == 401


def test_an_expired_token_enters_nothing() -> None:
    client = Client(enters=False)
    link = client.console.link()
    client.clock.now += 300
    assert client.get(link).status_code == 401
    assert not client.cookies


@pytest.mark.parametrize("query", ["", "?token=", "?token=x", "?Token={token}", "?token={token}&token={token}"])
def test_a_wrong_token_enters_nothing(query: str) -> None:
    client = Client(enters=False)
    token = client.console.link().partition("token=")[2]
    assert client.get("/console/enter" + query.format(token=token)).status_code == 401
    assert not client.cookies


def test_programs_that_look_at_links_use_up_no_token() -> None:
    client = Client(enters=False)
    link = client.console.link()
    assert client.ask("HEAD", link).status_code == 405
    assert client.get(link, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 401
    assert client.get(link).status_code == 303


def test_a_session_ends_after_twelve_hours() -> None:
    client = Client()
    client.clock.now += 43_200
    assert client.get("/console/api/state").status_code == 401


@pytest.mark.parametrize("path", ["/console/", "/console/api/state", "/console/enter?token={token}", "/console/token"])
def test_a_page_that_rebinds_its_name_gets_nothing(path: str) -> None:
    client = Client()
    token = client.console.link().partition("token=")[2]
    for host in ("rebound.example:8081", "localhost.example", "127.0.0.1.nip.io:8081"):
        response = client.get(path.format(token=token), headers={"Host": host})
        assert code(response) == (403, "host-not-allowed")
    assert (
        client.post("/console/token", headers={"Host": "rebound.example", "Authorization": f"Bearer {KEY}"}).status_code
        == 403
    )
    assert client.get(f"/console/enter?token={token}").status_code == 303  # the refused requests did not use it up


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_reads_and_changes_nothing(headers: dict[str, str]) -> None:
    client = Client()
    assert code(client.get("/console/api/state", headers=headers)) == (403, "origin-not-allowed")
    assert code(client.post("/console/api/save", json={}, headers=headers)) == (403, "origin-not-allowed")


def test_a_change_without_an_origin_is_refused() -> None:
    client = Client()
    assert code(client.post("/console/api/save", json={})) == (403, "origin-not-allowed")
    assert client.post("/console/api/save", json={}, headers=OWN).status_code == 200
    assert client.post("/console/api/save", json={}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"base": "x"}},
        {"files": {"base": b"x"}},
        {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
        {"content": b"{}"},
        {},
    ],
)
def test_a_body_that_a_form_can_send_changes_nothing(body: dict[str, Any]) -> None:
    headers = {**OWN, **body.pop("headers", {})}
    assert code(Client().post("/console/api/save", headers=headers, **body)) == (415, "unsupported-media-type")


def test_a_body_beyond_the_limit_of_its_handler_is_refused() -> None:
    json = {**OWN, "Content-Type": "application/json"}
    client = Client()
    assert client.post("/console/api/save", content=b"1234567890", headers=json).json()["body"] == "1234567890"
    assert code(client.post("/console/api/save", content=b"12345678901", headers=json)) == (413, "request-too-large")


def test_no_answer_can_be_framed_sniffed_or_read_by_another_site() -> None:
    client = Client()
    stranger = Client(enters=False)
    answers = [
        client.get("/console/"),
        client.get("/console/api/state"),
        client.get("/console/api/nope"),
        client.get("/console/", headers={"If-None-Match": "*"}),
        client.get(client.console.link()),
        client.get("/console/", headers={"Host": "evil.example"}),
        stranger.get("/console/"),
        stranger.get("/console/api/state"),
        stranger.post("/console/token"),
    ]
    for response in answers:
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"], response.url
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert "sandbox" not in response.headers["content-security-policy"]
        for name in HEADERS.keys() - {"Content-Security-Policy"}:
            assert response.headers[name] == HEADERS[name], (name, response.url)
        assert "access-control-allow-origin" not in response.headers
    assert all(
        response.headers["cache-control"] == "no-store"
        for response in answers
        if "/api/" in str(response.url) or "enter" in str(response.url)
    )


def test_the_command_gets_a_link_for_the_key() -> None:
    client = Client(enters=False)
    response = client.post("/console/token", headers={"Authorization": f"Bearer {KEY}"})
    assert response.status_code == 200
    assert response.json()["expires_in"] == 300
    assert re.fullmatch(r"/console/enter\?token=[A-Za-z0-9_-]{43}", response.json()["path"])
    assert client.get(response.json()["path"]).status_code == 303


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer x", f"Basic {KEY}", KEY, f"Bearer {KEY}x"])
def test_another_key_gets_no_link(authorization: str) -> None:
    response = Client(enters=False).post("/console/token", headers={"Authorization": authorization})
    assert code(response) == (401, "wrong-console-key")
    assert KEY not in response.text


def test_a_console_without_a_key_refuses_an_empty_key() -> None:
    client = Client(enters=False)
    client.console.key = ""
    assert client.post("/console/token", headers={"Authorization": "Bearer "}).status_code == 401


def test_a_session_alone_makes_no_link_and_a_page_cannot_ask_for_one() -> None:
    client = Client()
    assert code(client.post("/console/token", json={}, headers=OWN)) == (401, "wrong-console-key")
    assert client.get("/console/token").status_code == 405
    key = {"Authorization": f"Bearer {KEY}", "Origin": "http://evil.example"}
    assert code(client.post("/console/token", headers=key)) == (403, "origin-not-allowed")


@pytest.mark.parametrize(
    "path", ["/console", "/console/", "/console/enter", "/console/token", "/console/api/save", "/console/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "TRACE"])
def test_a_console_that_is_off_answers_as_an_unknown_path(path: str, method: str) -> None:
    client = Client("off", enters=False)
    response = client.ask(method, path, headers={**OWN, "Authorization": f"Bearer {KEY}"})
    elsewhere = Client("off", enters=False).ask(method, "/nope")
    assert code(response) == code(elsewhere) == (404, "unknown-path")
    assert response.content == elsewhere.content


def test_turning_the_console_off_ends_its_sessions() -> None:
    client = Client()
    assert client.ended == 0
    link = client.console.link()
    client.console.power = "off"
    assert client.ended == 1
    client.console.power = "read"
    assert client.get("/console/api/state").status_code == 401
    assert client.get(link).status_code == 401


def test_a_change_from_writing_to_reading_keeps_the_sessions() -> None:
    client = Client()
    client.console.power = "read"
    assert client.get("/console/api/state").status_code == 200


def test_static_files_have_validators() -> None:
    client = Client()
    first = client.get("/console/")
    again = client.get("/console/", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert client.post("/console/", headers=OWN).status_code == 405


@pytest.mark.parametrize("screen", ["traffic", "health", "document", "operations"])
def test_each_screen_has_a_url(screen: str) -> None:
    client = Client()
    assert client.get(f"/console/{screen}").content == client.get("/console/").content


def test_the_console_without_a_slash_leads_to_the_one_with_it() -> None:
    assert Client().get("/console").headers["location"] == "/console/"


@pytest.mark.parametrize(
    "path",
    [
        "/console/../app.py",
        "/console/..%2fapp.py",
        "/console/%2e%2e/app.py",
        "/console/%00.js",
        "/console//etc/passwd.js",
    ],
)
def test_no_path_leaves_the_folder_of_static_files(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert "import" not in response.text


def test_an_unknown_path_gets_404_and_a_wrong_method_405() -> None:
    client = Client()
    assert code(client.get("/console/api/nope")) == (404, "unknown-path")
    assert code(client.get("/console/nope.js")) == (404, "unknown-path")
    wrong = client.get("/console/api/save")
    assert (*code(wrong), wrong.headers["allow"]) == (405, "method-not-allowed", "POST")


def test_a_handler_gets_the_parts_of_its_path_and_the_body() -> None:
    response = Client().post("/console/api/approvals/a1", json={"decision": "deny"}, headers=OWN)
    assert response.json() == {"body": '{"decision":"deny"}', "id": "a1"}


def test_a_handler_gets_the_session() -> None:
    seen: list[Any] = []

    async def look(request: Request, _: bytes) -> Response:
        seen.append(request.state.session)
        return Response()

    client = Client()
    client.console.handlers = (Handler(path="traffic", answer=look),)
    client.get("/console/api/traffic")
    assert seen[0].is_valid(client.clock())
    assert not seen[0].is_valid(client.clock() + 43_200)


def test_a_client_that_goes_away_while_it_sends_is_no_failure() -> None:
    client = Client()

    async def talk() -> list[Any]:
        sent: list[Any] = []
        messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        fields = {
            "host": "localhost:8081",
            "origin": "http://localhost:8081",
            "content-type": "application/json",
            "cookie": cookie,
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/console/api/save",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        }
        await client.console(scope, receive, send)
        return sent

    assert asyncio.run(talk())[0]["status"] == 413
