"""The approvals API: only a person's program or the gateway's own page decides, and no GET does."""

import asyncio
from typing import Any

import httpx2
import pytest

from plugin_gateway.approvals.approval import Approval, State
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry, StoreAwayError
from plugin_gateway.approvals.settings import ApprovalSettings, hash_of
from plugin_gateway.endpoints.approvals import create_approvals
from tests.narrow import present

ADMIN = "http://127.0.0.1:8081"
CALL = HeldCall(fingerprint="f", caller="ada", operation="op", method="POST", path="/p")
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
APPROVE = b'{"decision": "approve"}'


class Scene:
    """A desk with one call that waits, and its API."""

    def __init__(self, settings: ApprovalSettings | None = None) -> None:
        self.desk = Desk(settings or ApprovalSettings(), base=lambda: ADMIN)
        self.told: list[tuple[str, str, str]] = []
        self.app = create_approvals(LocalRegistry(self.desk), self.tell)
        import time

        self.now = time.time()
        verdict = self.desk.ask(CALL, self.now)
        self.id, self.url = verdict.id, verdict.url

    def tell(self, approval: Approval, way: str, address: str) -> None:
        self.told.append((str(approval.state), way, address))

    def send(self, method: str, path: str, content: bytes = b"", **headers: str) -> Any:
        async def ask() -> Any:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=ADMIN) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, content=content, headers=named)

        return asyncio.run(ask())

    def decide(self, content: bytes = APPROVE, **headers: str) -> Any:
        return self.send("POST", f"/approvals/{self.id}", content, **{"content_type": "application/json", **headers})

    def submit(self, content: bytes = b"decision=approve", **headers: str) -> Any:
        path = self.url.removeprefix(ADMIN)
        return self.send("POST", path, content, **{"content_type": FORM["content-type"], **headers})

    @property
    def state(self) -> State:
        return present(self.desk.find(self.id, self.now)).state


def test_the_calls_that_wait_are_listed_for_programs_and_for_people() -> None:
    scene = Scene()
    (one,) = scene.send("GET", "/approvals").json()["approvals"]
    assert (one["id"], one["status"], one["operation"], one["url"]) == (scene.id, "pending", "op", scene.url)
    assert scene.send("GET", f"/approvals/{scene.id}").json() == one
    page = scene.send("GET", "/approvals", accept="text/html,*/*")
    assert scene.url in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("decision", "state"), [("approve", State.APPROVED), ("deny", State.DENIED)])
def test_a_program_decides(decision: str, state: State) -> None:
    scene = Scene()
    response = scene.decide(b'{"decision": "%b"}' % decision.encode())
    assert (response.status_code, response.json()["status"]) == (200, str(state))
    assert scene.state is state
    assert scene.told == [(str(state), "api", "127.0.0.1")]


@pytest.mark.parametrize(("decision", "state"), [("approve", State.APPROVED), ("deny", State.DENIED)])
def test_a_person_decides_on_the_page_of_the_link(decision: str, state: State) -> None:
    scene = Scene()
    response = scene.submit(b"decision=" + decision.encode(), origin=ADMIN, sec_fetch_site="same-origin")
    assert (response.status_code, scene.state) == (200, state)
    assert scene.told == [(str(state), "page", "127.0.0.1")]


def test_a_program_may_decide_by_the_link() -> None:
    scene = Scene()
    assert scene.submit(APPROVE, content_type="application/json").json()["status"] == "approved"
    scene = Scene(ApprovalSettings(key_hash=hash_of("sesame")))
    assert scene.submit(APPROVE, content_type="application/json").status_code == 401
    assert scene.state is State.PENDING
    headers = {"content_type": "application/json", "authorization": "Bearer sesame"}
    assert scene.submit(APPROVE, **headers).status_code == 200
    assert scene.told == [("approved", "link", "127.0.0.1")]


def test_following_a_link_decides_nothing() -> None:
    scene = Scene()
    for method in ("GET", "HEAD"):
        assert scene.send(method, scene.url.removeprefix(ADMIN) + "?decision=approve").status_code == 200
    assert scene.state is State.PENDING


def test_a_link_needs_its_signature() -> None:
    scene = Scene()
    assert scene.send("GET", f"/approve/{scene.id}").status_code == 404
    assert scene.send("POST", f"/approve/{scene.id}.x", b"decision=approve", **FORM).status_code == 404
    assert scene.state is State.PENDING


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "a@127.0.0.1", ""])
def test_a_name_that_a_page_may_have_rebound_is_refused(host: str) -> None:
    scene = Scene()
    for response in (
        scene.decide(host=host),
        scene.submit(host=host),
        scene.send("GET", "/approvals", host=host),
        scene.send("GET", f"/approvals/{scene.id}", host=host),
        scene.send("GET", scene.url.removeprefix(ADMIN), host=host),
    ):
        assert response.status_code == 403
    assert scene.state is State.PENDING


@pytest.mark.parametrize("host", ["localhost:8081", "LOCALHOST", "[::1]:8081", "10.0.0.7", "ok.example"])
def test_addresses_and_the_configured_name_are_accepted(host: str) -> None:
    scene = Scene(ApprovalSettings(url="https://ok.example/x"))
    assert scene.decide(host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://["},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_page_of_another_site_decides_nothing(headers: dict[str, Any]) -> None:
    scene = Scene()
    assert scene.decide(**headers).status_code == 403
    assert scene.submit(**headers).status_code == 403
    assert scene.state is State.PENDING


def test_the_page_may_be_published_under_the_configured_url() -> None:
    scene = Scene(ApprovalSettings(url="https://ok.example/x"))
    path = scene.url.removeprefix("https://ok.example/x")
    headers = {"host": "ok.example", "origin": "https://ok.example", **FORM}
    assert scene.send("POST", path, b"decision=approve", **headers).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"decision": "approve"}', FORM, 415),
        (b'{"decision": "approve"}', {"content-type": "text/plain"}, 415),
        (b'{"decision": "yes"}', JSON, 400),
        (b'{"decision": ["approve"]}', JSON, 400),
        (b'["approve"]', JSON, 400),
        (b'"approve"', JSON, 400),
        (b"{}", JSON, 400),
        (b'{"decision": "approve", "decision": "deny"}', JSON, 400),
        (b'{"decision": "deny", "decision": "approve"}', JSON, 400),
        (b'{"decision": "approve", "x": "\xff"}', JSON, 400),
        (b"[" * 4000, JSON, 400),
        (b"approve", JSON, 400),
        (b"", JSON, 400),
        (b'{"decision": "approve", "x": "' + b"a" * 5000 + b'"}', JSON, 400),
    ],
)
def test_a_malformed_decision_decides_nothing(content: bytes, headers: dict[str, str], status: int) -> None:
    scene = Scene()
    assert scene.decide(content, content_type=headers["content-type"]).status_code == status
    assert scene.state is State.PENDING


def test_a_form_without_a_decision_shows_the_call_again() -> None:
    scene = Scene()
    for content in (b"", b"decision=maybe", b"decision=approve&decision=deny", b"a" * 5000):
        assert scene.submit(content).status_code == 400
    assert scene.state is State.PENDING


def test_approving_twice_is_one_approval() -> None:
    scene = Scene()
    assert [scene.decide().status_code, scene.decide().status_code] == [200, 200]
    assert len(scene.told) == 1


def test_a_final_decision_stays() -> None:
    scene = Scene()
    scene.decide()
    scene.desk.ask(CALL, scene.now)
    response = scene.decide()
    assert (response.status_code, response.json()["approval"]["status"]) == (409, "executed")
    assert scene.submit().status_code == 409
    assert scene.decide(b'{"decision": "deny"}').status_code == 409


def test_an_unknown_approval_is_not_found() -> None:
    scene = Scene()
    assert scene.send("GET", "/approvals/x").status_code == 404
    assert scene.send("POST", "/approvals/x", APPROVE, **JSON).json()["code"] == "approval-not-found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/approvals", "GET, HEAD"),
        ("PUT", "/approvals/x", "GET, HEAD, POST"),
        ("DELETE", "/approve/x", "GET, HEAD, POST"),
    ],
)
def test_another_method_is_refused_and_the_allowed_methods_are_named(method: str, path: str, allow: str) -> None:
    response = Scene().send(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert (response.headers["content-type"], response.json()["code"]) == (
        "application/problem+json",
        "method-not-allowed",
    )


@pytest.mark.parametrize("path", ["/approvals/", "/approvals/x/", "/approvals/x/y", "/approve", "/approve/"])
def test_another_path_is_unknown_and_redirects_nowhere(path: str) -> None:
    for method in ("GET", "POST"):
        response = Scene().send(method, path)
        assert (response.status_code, response.json()["code"]) == (404, "unknown-path")


def test_with_a_key_only_its_holder_sees_and_decides() -> None:
    scene = Scene(ApprovalSettings(key_hash=hash_of("sesame")))
    without_key: list[dict[str, Any]] = [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic sesame"}]
    for headers in without_key:
        assert scene.decide(**headers).status_code == 401
        assert scene.send("GET", "/approvals", **headers).status_code == 401
        assert scene.send("GET", f"/approvals/{scene.id}", **headers).status_code == 401
    assert scene.submit().status_code == 401
    assert scene.submit(b"decision=approve&key=wrong").status_code == 401
    assert scene.state is State.PENDING
    assert scene.decide(authorization="Bearer sesame").status_code == 200
    assert scene.submit(b"decision=deny&key=sesame").status_code == 200


def test_every_route_answers_503_while_the_store_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_in_vain(*_: object) -> None:
        raise StoreAwayError

    for name in ("approvals", "find", "follow", "decide"):
        monkeypatch.setattr(LocalRegistry, name, ask_in_vain)
    scene = Scene()
    answers = [scene.send("GET", path) for path in ("/approvals", f"/approvals/{scene.id}", "/approve/x.y")]
    answers += [scene.decide(), scene.submit()]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "approval-unavailable")}
    assert not scene.told
