"""Shadows: denied operations that lie on allowed templates."""

from __future__ import annotations

import pytest

from plugin_gateway.gate import shadow
from plugin_gateway.gate.alias import fold_plain
from plugin_gateway.gate.shadow import NO_TERMS, DeniedPaths, Terms, cast_shadow
from plugin_gateway.gate.template import PathTemplate, parse_template
from plugin_gateway.openapi.document import OperationKey

HELD, LIMITED = Terms(is_held=True), Terms(others=("5/min",))


def is_blocked(allowed: str, denied: list[str], path: str, method: str = "GET") -> bool:
    """Whether the guard of the allowed operation stops a call. Denied operations are `METHOD /path`, or a path for GET."""
    keys = [OperationKey(*text.split(" ")) if " " in text else OperationKey("GET", text) for text in denied]
    own = OperationKey("GET", allowed)
    templates = {key.path: parse_template(key.path) for key in [own, *keys]}
    guard = DeniedPaths([own, *keys], {own: NO_TERMS}, templates).guard(templates[allowed], method)
    segments = path.split("/")
    return guard is not None and guard.find(lambda index: (fold_plain(segments[index]),)) is not None


@pytest.mark.parametrize(
    ("allowed", "denied", "path", "blocked"),
    [
        ("/pets/{id}", "/pets/export", "/pets/export", True),
        ("/pets/{id}", "/pets/export", "/pets/EXPORT", True),
        ("/pets/{id}", "/pets/export", "/pets/export.json", True),
        ("/pets/{id}", "/pets/export/", "/pets/export", True),
        ("/pets/{id}/", "/pets/export", "/pets/export/", True),
        ("/pets/{id}", "/pets/export", "/pets/exports", False),
        ("/pets/{id}", "/pets/export", "/pets/42", False),
        ("/pets/{id}", "/pets/export.json", "/pets/export.json", True),
        ("/pets/{id}", "/pets/export.json", "/pets/export", False),
        ("/pets/{id}", "/PETS/Export", "/pets/export", True),
        ("/pets/{id}", "/pets/.hidden", "/pets/.hidden", True),
        ("/{a}/{b}", "/admin/users", "/admin/users", True),
        ("/{a}/{b}", "/admin/users", "/admin/pets", False),
        ("/{a}/{b}", "/admin/users", "/Admin/USERS.xml", True),
        ("/{a}/{b}", "/admin/{x}", "/admin/1", True),
        ("/{a}/{b}", "/{x}/secrets", "/1/secrets", True),
        ("/{a}/{b}", "/{x}/{y}.json", "/1/2.json", True),
        ("/{a}/{b}", "/{x}/{y}.json", "/1/2.JSON", True),
        ("/{a}/{b}", "/{x}/{y}.json", "/1/2.json.", True),
        ("/{a}/{b}", "/{x}/{y}.json", "/1/2.json.x", True),
        ("/{a}/{b}", "/{x}/{y}.json", "/1/2.xml", False),
        ("/a/{x}/c", "/a/b/d", "/a/b/c", False),
        ("/a/{x}/c", "/a/b/{y}", "/a/b/c", True),
        ("/a/{x}/c", "/a/b/{y}", "/a/z/c", False),
        ("/a/b/{y}", "/a/{x}/c", "/a/b/c", True),
        ("/users/{name}", "/Users/{id}", "/users/bob", False),
        ("/users/{name}", "/Users/me", "/users/me", True),
        ("/users/mine", "/users/{id}", "/users/mine", False),
        ("/users/{name}", "/us{x}/me", "/users/me", True),
        ("/users/{name}", "/up{x}/me", "/users/me", False),
        ("/users/{name}", "/{x}/{y}", "/users/bob", False),
        ("/files/{n}.json", "/files/{n}", "/files/a.json", False),
        ("/files/{n}.json", "/files/{n}.{format}", "/files/a.json", False),
        ("/files/{n}.json", "/files/secret.json", "/files/secret.json", True),
        ("/files/{n}.json", "/files/secret.json", "/files/public.json", False),
        ("/{a}/{b}", "/{x}/{y}.", "/1/2.", True),
        ("/a/{x}", "/a.b/secret", "/a/secret", False),
        ("/{x}", "/", "/.well-known", False),
        ("/pets/{id}", "/pets/export/all", "/pets/export", False),
        ("/pets/{id}", "/pets/{id}:export", "/pets/:export", True),
        ("/pets/{id}", "/pets/{id}:export", "/pets/:EXPORT.json", True),
        ("/pets/{id}", "/pets/{id}:export", "/pets/export", False),
        ("/pets/{id}", "/pets/Cats({key})", "/pets/Cats()", True),
        ("/pets/{id}", "/pets/{a}-{b}", "/pets/-", True),
        ("/pets/{id}", "/pets/v{n}", "/pets/v", True),
        ("/pets/{id}", "/pets/v{n}", "/pets/w", False),
        ("/pets/{id}", "/pets/{x}-raw", "/pets/a-raw.v2", True),
        ("/pets/{id}", "/pets/{x}-raw", "/pets/a-rawest.v2", False),
    ],
)
def test_a_denied_path_blocks_what_may_be_taken_for_it(allowed: str, denied: str, path: str, blocked: bool) -> None:
    assert is_blocked(allowed, [denied], path) is blocked


@pytest.mark.parametrize(
    ("denied", "method", "blocked"),
    [
        ("GET /pets/export", "GET", True),
        ("GET /pets/export", "HEAD", True),
        ("HEAD /pets/export", "HEAD", True),
        ("POST /pets/export", "GET", True),
        ("POST /pets/{id}.{format}", "GET", False),
        ("GET /pets/{id}.{format}", "GET", True),
        ("GET /pets/{id}.{format}", "HEAD", True),
        ("HEAD /pets/{id}.{format}", "GET", False),
    ],
)
def test_a_concrete_path_belongs_to_its_path_item_for_every_method(denied: str, method: str, blocked: bool) -> None:
    path = "/pets/export.x" if "{" in denied else "/pets/export"

    assert is_blocked("/pets/{id}", [denied], path, method) is blocked


def test_an_allowed_operation_casts_no_shadow() -> None:
    keys = [OperationKey("GET", "/pets/{id}"), OperationKey("GET", "/pets/mine")]
    templates = {key.path: parse_template(key.path) for key in keys}

    assert DeniedPaths(keys, dict.fromkeys(keys, NO_TERMS), templates).guard(templates["/pets/{id}"], "GET") is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("terms", "ours", "path", "is_blocked"),
    [
        (HELD, NO_TERMS, "/pets/MINE", True),
        (HELD, LIMITED, "/pets/MINE", True),
        (LIMITED, HELD, "/pets/MINE", True),
        (HELD, HELD, "/pets/MINE", False),
        (NO_TERMS, HELD, "/pets/MINE", False),
        (HELD, NO_TERMS, "/pets/1", False),
    ],
)
def test_an_allowed_operation_with_other_terms_casts_a_shadow(
    terms: Terms, ours: Terms, path: str, is_blocked: bool, method: str
) -> None:
    template, mine = OperationKey("GET", "/pets/{id}"), OperationKey("GET", "/pets/mine")
    templates = {key.path: parse_template(key.path) for key in (template, mine)}
    denied = DeniedPaths([template, mine], {template: ours, mine: terms}, templates)

    for guard in (
        denied.guard(templates["/pets/{id}"], method),
        denied.deep_guards(templates["/pets/{id}"], method, 2)[2],
    ):
        found = guard and guard.find(lambda index: (fold_plain(path.split("/")[index]),))
        assert (found is not None) is is_blocked


@pytest.mark.parametrize(("terms", "is_blocked"), [(HELD, True), (LIMITED, False)])
def test_of_the_operations_with_other_terms_only_held_ones_cast_a_shadow_on_longer_paths(
    terms: Terms, is_blocked: bool
) -> None:
    longer, mine = OperationKey("GET", "/pets/{id}/toys"), OperationKey("GET", "/pets/mine")
    templates = {key.path: parse_template(key.path) for key in (longer, mine)}
    denied = DeniedPaths([longer, mine], {longer: NO_TERMS, mine: terms}, templates)

    assert (denied.guard(templates["/pets/{id}/toys"], "GET") is not None) is is_blocked
    assert bool(denied.deep_beginnings(templates["/pets/{id}/toys"], "GET", 2).heads) is is_blocked


def test_a_denied_path_with_an_allowed_head_blocks_get_but_not_head() -> None:
    get, mine, head = (OperationKey(*k.split(" ")) for k in ("GET /pets/{id}", "GET /pets/mine", "HEAD /pets/mine"))
    templates = {key.path: parse_template(key.path) for key in (get, mine)}
    denied = DeniedPaths([get, mine, head], dict.fromkeys([get, head], NO_TERMS), templates)

    assert denied.guard(templates["/pets/{id}"], "HEAD") is None
    assert denied.guard(templates["/pets/{id}"], "GET") is not None


def test_templates_of_other_lengths_cast_nothing() -> None:
    assert cast_shadow(parse_template("/a/b/c"), parse_template("/a/{x}")) == ()


@pytest.mark.parametrize(
    ("allowed", "denied", "path", "blocked"),
    [
        ("/files/{name}/meta", "/files/export", "/files/export/meta", True),
        ("/files/{name}/meta", "/files/export", "/files/EXPORT.php/meta", True),
        ("/files/{name}/meta", "/files/export", "/files/exports/meta", False),
        ("/{a}/{b}/{c}", "/admin", "/admin/x/y", True),
        ("/{a}/{b}/{c}", "/x/{b}", "/x/y/z", True),
        ("/{a}/{b}/{c}", "/{a}/users", "/x/users/z", True),
        # Only literals in the client's part count, so these collections and their items do not shadow each other.
        ("/files/{name}/meta", "/files", "/files/x/meta", False),
        ("/files/{name}/meta", "/files/{name}", "/files/x/meta", False),
        ("/files/{name}/meta", "/", "/files/x/meta", False),
        ("/{a}/{b}", "/", "/x/y", False),
        ("/files/{name}", "/files/export/meta", "/files/export", False),
    ],
)
def test_an_origin_that_serves_a_path_by_its_beginning_reaches_no_denied_one(
    allowed: str, denied: str, path: str, blocked: bool
) -> None:
    assert is_blocked(allowed, [denied], path) is blocked


def test_one_shadow_among_a_thousand_is_found_by_its_beginning() -> None:
    denied = [f"/pets/denied{number}" for number in range(1000)]

    assert is_blocked("/pets/{id}", denied, "/pets/denied999")
    assert not is_blocked("/pets/{id}", denied, "/pets/denied1000")


def test_a_route_is_compared_with_those_templates_only_whose_literals_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def cast_none(denied: PathTemplate, _: object) -> tuple[()]:
        compared.append(denied.text)
        return ()

    monkeypatch.setattr(shadow, "cast_shadow", cast_none)
    fitting = ["/pets/export", "/PETS.json/all", "/{x}/secrets"]

    assert not is_blocked("/pets/{id}", [*fitting, "/users/export", "/users/{id}"], "/pets/export")
    assert sorted(compared) == sorted([*fitting])


def test_a_shadow_with_a_literal_is_found_by_that_literal() -> None:
    keys = [OperationKey("GET", path) for path in ("/{a}/{b}", "/{x}/secrets", "/{x}/{y}.json")]
    templates = {key.path: parse_template(key.path) for key in keys}
    guard = DeniedPaths(keys, dict.fromkeys(keys[:1], NO_TERMS), templates).guard(templates["/{a}/{b}"], "GET")

    assert guard is not None
    assert [(index, [*by_head]) for index, by_head in guard.heads] == [(2, ["secrets"])]
    assert len(guard.patterned) == 1
