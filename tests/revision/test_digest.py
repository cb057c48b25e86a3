"""The digest: different for different behaviour, equal for equal inputs, and independent of secrets."""

import ast
import copy
import dataclasses
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from plugin_gateway.config.load import load_text
from plugin_gateway.gate.matrix import MatrixPath
from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.face import Face
from plugin_gateway.revision import Revision
from plugin_gateway.revision.canonical import Omitted, as_it_is
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.digest import RULES, digest_of
from plugin_gateway.revision.tls_files import TlsFiles
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import PathPart
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.tools.tool import Tool
from plugin_gateway.tools.tool_set import ToolSet, tool_set
from tests.bounds import BOUND_S
from tests.narrow import present

SECRETS = {
    "KEY": "key-of-the-upstream",
    "WRITE": "key-for-writes",
    "OWN": "key-of-one-operation",
    "CLIENT": "secret-of-the-client",
    "HOOK": "token-of-the-hook-job",
    "SITE": "token-of-the-web-site",
    "REDIS": "redis://:hunter2@127.0.0.1:6379/0",
}
TLS_FILES = TlsFiles(ca=b"our authority", cert=b"our certificate", key=b"our key")
USERS = f"alice:scrypt$16384$8$1${'c2FsdHNhbHQ='}${'A' * 43}=\nci:sha256${'9f' * 32}\n"
DOCUMENT = yaml.safe_load("""
openapi: 3.1.0
info: {title: Pets, version: "1", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: taste, in: cookie, schema: {type: string}}
      responses: {"200": {description: ok}}
    post:
      operationId: createPet
      requestBody: {content: {application/json: {schema: {type: object, properties: {_method: {type: string}}}}}}
      responses: {"201": {description: ok}}
  /pets/{petId}:
    get:
      operationId: getPet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
    put:
      operationId: namePet
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {"200": {description: ok}}
  /pets/export:
    get: {operationId: exportPets, responses: {"200": {description: ok}}}
  /pets/{petId}.json:
    get:
      operationId: getPetAsJson
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /files/{path}:
    get:
      operationId: getFile
      parameters: [{name: path, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /files/secret/{name}:
    get:
      operationId: getSecretFile
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}}
  /search?kind=pets:
    get:
      operationId: searchPets
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {notes: {}, id: {}}}}}}}
  /search?kind=people:
    get: {operationId: searchPeople, responses: {"200": {description: ok}}}
""")
CONFIG = yaml.safe_load("""
openapi: ./openapi.yaml
upstream:
  url: https://api.example.com/v2
  credential: {header: X-Key, value: {env: KEY}}
  write_credential: [{basic: {username: writer, password: {env: WRITE}}}, {cookie: session, value: {env: WRITE}}]
  headers: {forward: [x-debug]}
allow:
  - listPets
  - {operation: createPet, rate: 2/s}
  - getPet
  - getPetAsJson
  - {operation: getFile, parameters: {path: {slashes: allowed}}}
  - {operation: searchPets, credential: {query: key, value: {env: OWN}}, response: {drop: [/notes], select: fields}}
  - namePet
auth:
  type: service_http
  tokens: [{name: hook, env: HOOK}, {name: site, env: SITE}]
consumers:
  - {name: hooks, match: {token: hook}, allow: [listPets]}
  - {name: sites, match: {token: site}}
limits: {rate: 20/s, per_ephemeral_user: 1/s, redis: {env: REDIS}}
cors: [https://chatgpt.com]
validate: {response: report}
""")
LOGINS = {
    "auth": {"type": "user_http", "authorization_type": "basic", "users": __file__},
    "consumers": [{"name": "alice", "match": {"user": "alice"}, "allow": ["listPets"]}],
}
LOGIN_AT_A_PROVIDER = {
    "public": {"url": "http://localhost/plugin"},
    "auth": {
        "type": "oauth",
        "issuer": "https://issuer.example",
        "required_scope": "pets",
        "facade": {
            "authorize": "https://issuer.example/authorize",
            "token": "https://issuer.example/token",
            "client_ids": ["chatgpt"],
            "chatgpt_ids": ["*"],
        },
    },
    "consumers": [{"name": "vets", "match": {"claims": {"group": "vets"}}}],
}
INTROSPECTED = {
    "auth": {
        "type": "user_http",
        "verify": {
            "introspection": "https://issuer.example/asked",
            "client_id": "us",
            "client_secret": {"env": "CLIENT"},
        },
    },
    "consumers": [],
}
EXCHANGED = {
    **INTROSPECTED,
    "upstream": {
        "url": "https://api.example.com/v2",
        "credential": {
            "token_exchange": {
                "token_url": "https://issuer.example/token",
                "client_id": "us",
                "client_secret": {"env": "CLIENT"},
            }
        },
        "write_credential": {"bearer": {"env": "WRITE"}},
    },
}
OURS = {
    **INTROSPECTED,
    "upstream": {
        "url": "https://api.example.com/v2",
        "credential": {
            "oauth2": {
                "token_url": "https://issuer.example/token",
                "client_id": "us",
                "client_secret": {"env": "CLIENT"},
            }
        },
    },
}
LEFT_TO_THE_UPSTREAM = {
    "upstream": {"url": "https://api.example.com/v2", "credential": {"passthrough": True}},
    "allow": ["listPets"],
    "auth": {"type": "user_http", "passthrough": True},
    "consumers": [],
}


def compiled(
    config: dict[str, Any] = CONFIG,
    document: dict[str, Any] = DOCUMENT,
    *,
    secrets: dict[str, str] = SECRETS,
    users: str = USERS,
    number: int = 1,
    **options: Any,
) -> Any:
    loaded = load_text(json.dumps(config), path=None, environ=secrets)
    return compile_revision(
        loaded,
        Document(root=copy.deepcopy(document), name="openapi.yaml"),
        number=number,
        users=users,
        **{"tls_files": TLS_FILES, **options},
    )


CONFIGS = [
    {**CONFIG, **more}
    for more in ({}, LOGINS, LOGIN_AT_A_PROVIDER, INTROSPECTED, EXCHANGED, OURS, LEFT_TO_THE_UPSTREAM)
]
OF_CONFIGS = [compiled(config) for config in CONFIGS]
WITH_SHAPES = replace(OF_CONFIGS[0], rules=tuple(replace(rule, shape=Shape()) for rule in OF_CONFIGS[0].rules))
MATRIX = MatrixPath("GET", "/pets/{petId}", b"(/pets)(/);petId=(5)")
WITH_MATRIX = replace(OF_CONFIGS[0], gate=replace(OF_CONFIGS[0].gate, matrix_paths=(MATRIX,)))
REVISIONS = [*OF_CONFIGS, WITH_SHAPES, WITH_MATRIX]


# The helpers below address a field by its path from the revision.


def members_of(value: Any) -> list[Any]:
    if is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Struct):
        return [(name, getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, Face):
        return [*state_of(value).items()]
    if isinstance(value, ToolSet):
        return [("tools", value.tools)]
    if isinstance(value, dict):
        return [*value.items()]
    return [*enumerate(value)] if isinstance(value, tuple) else []


def state_of(face: Face) -> dict[str, Any]:
    """Return what a face consists of. Pickled, a long body is there only compressed."""
    return {name: getattr(face, name) for name in (*face.__getstate__(), "body") if name != "_render"}


def packed_otherwise(face: Face, **members: Any) -> Face:
    other = object.__new__(Face)
    vars(other).update(state_of(face) | members)
    return other


def with_member(value: Any, name: Any, member: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{name: member})
    if isinstance(value, Struct):
        return replace(value, **{name: member})
    if isinstance(value, Face):
        return packed_otherwise(value, **{name: member})
    if isinstance(value, ToolSet):
        return tool_set(member)
    if isinstance(value, dict):
        return value | {name: member}
    if hasattr(value, "_fields"):
        return value._replace(**{value._fields[name]: member})
    return (*value[:name], member, *value[name + 1 :])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every place in a value that can be replaced, down to the fields that have a rule."""
    for name, member in members_of(value):
        yield (*path, name)
        rule = RULES.get(type(value), {}).get(name, as_it_is)
        if not isinstance(rule, Omitted) and rule(member) is member:
            yield from places(member, (*path, name))


def with_another(value: Any, path: Sequence[Any]) -> Any:
    """Return the value with one place replaced."""
    name, *rest = path
    here = dict(members_of(value))[name]
    return with_member(value, name, with_another(here, rest) if rest else another(here))


def another(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
        case int() | float():
            return value + 1
        case frozenset():
            return value | {b"another"}
        case dict():
            return {**value, b"another": "another"}
        case tuple() if not hasattr(value, "_fields"):
            return (*value, (b"another", b"another"))
        case _:
            return "another" if value is None else None


def rule_of(value: Any, path: tuple[Any, ...]) -> Any:
    """Return the rule for the last field of the path, or None."""
    for name in path[:-1]:
        value = dict(members_of(value))[name]
    return RULES.get(type(value), {}).get(path[-1])


PLACES = [(revision, path) for revision in REVISIONS for path in places(revision)]


@given(st.sampled_from(PLACES))
def test_a_change_of_any_field_changes_the_digest_unless_a_rule_leaves_it_out(
    place: tuple[Any, tuple[Any, ...]],
) -> None:
    revision, path = place
    changed = with_another(revision, path)
    match rule_of(revision, path):
        case None:
            is_another = True
        case Omitted():
            is_another = False
        case rule:
            is_another = rule(member_at(changed, path)) != rule(member_at(revision, path))
    assert (digest_of(changed) != digest_of(revision)) == is_another


def member_at(value: Any, path: tuple[str, str, str]) -> Any:
    for name in path:
        value = dict(members_of(value))[name]
    return value


# The rules are complete, and no rule is stale.


def reached(value: Any, seen: dict[int, Any]) -> dict[int, Any]:
    if id(value) not in seen:
        seen[id(value)] = value
        if hasattr(value, "_fields"):
            value = value._asdict()
        for _, member in members_of(value):
            reached(member, seen)
    return seen


def named_in(text: str, module: Any) -> Iterator[type[Any]]:
    """Yield the records that an annotation names, resolved by the imports of its module."""
    imports = {
        alias.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for name in re.findall(r"[A-Za-z_]\w*", text):
        home = importlib.import_module(present(imports[name])) if name in imports else module
        found = getattr(home, name, None)
        if isinstance(found, type) and (issubclass(found, Struct) or is_dataclass(found) or hasattr(found, "_fields")):
            yield found
        elif found is ToolSet:
            yield Tool
        elif (
            found is not None
            and not isinstance(found, type | ModuleType)
            and home.__name__.startswith("plugin_gateway")
        ):
            yield from named_in(str(found), home)


def records_of(kind: type[Any]) -> set[type[Any]]:
    """Return the records that a record's fields can hold, except for fields that are left out."""
    return {
        record
        for name, text in vars(kind).get("__annotations__", {}).items()
        if not isinstance(RULES.get(kind, {}).get(name), Omitted)
        for record in named_in(str(text), sys.modules[kind.__module__])
    }


def test_the_revisions_of_these_tests_have_every_record_that_a_revision_can_have() -> None:
    """So the other tests check the fields of every class that a revision can hold."""
    kinds = {type(value) for revision in REVISIONS for value in reached(revision, {}).values()}
    wanted, todo = {Revision}, [Revision]
    while todo:
        new = records_of(todo.pop()) - wanted
        wanted |= new
        todo += new
    assert len(wanted) > 20
    assert wanted <= kinds


def test_each_rule_is_for_an_existing_field() -> None:
    stale = [
        f"{kind.__name__}.{name}"
        for kind, rules in dict[Any, Any](RULES).items()
        for name in rules
        if name not in (NOT_RECORDS[kind]() if kind in NOT_RECORDS else kind.__struct_fields__)
    ]
    assert stale == []


def fields_of_a_face() -> set[str]:
    """Return the names of a pickled face's attributes: a face is not a record."""
    return {*state_of(REVISIONS[0].faces["/openapi.json"])}


def attributes_of(kind: type[Any]) -> set[str]:
    """Return the names of the attributes that a class of the shapes is made from."""
    return {name for name in kind.__slots__ if not name.startswith("_")}


NOT_RECORDS: dict[type[Any], Callable[[], Any]] = {
    Face: fields_of_a_face,
    ToolSet: lambda: {"tools"},
    PathPart: lambda: set(PathPart._fields),
    **{kind: partial(attributes_of, kind) for kind in (Parameters, Reader)},
    # A validator has its schema, or the function that makes the schema.
    Validator: lambda: attributes_of(Validator) | {"schema"},
}


@pytest.mark.parametrize("kind", [Parameters, Reader, Validator])
def test_the_rules_name_everything_that_a_shape_consists_of(kind: type[Any]) -> None:
    assert {*RULES[kind]} == NOT_RECORDS[kind]()


def test_the_rules_name_everything_that_a_face_consists_of() -> None:
    assert {*RULES[Face]} == fields_of_a_face()


def test_each_field_that_is_left_out_has_a_reason() -> None:
    left_out = [rule for rules in RULES.values() for rule in rules.values() if isinstance(rule, Omitted)]
    assert left_out
    assert all(rule.because for rule in left_out)


# Changes that an operator or the document's author can make.


def at(*path: Any, to: Any) -> Callable[..., Any]:
    """Return an edit that sets a value at a path in a config or a document; without a value, it removes the key."""

    def edit(value: Any) -> None:
        for step in path[:-1]:
            value = value.setdefault(step, {}) if isinstance(value, dict) else value[step]
        if to is ...:
            del value[path[-1]]
        elif path[-1] == "+":
            value.append(to)
        else:
            value[path[-1]] = to

    return edit


NO_BODY = {"responses": {"200": {"description": "ok"}}}
CONFIG_EDITS = {
    "deny an operation": at("deny", to=["getPetAsJson"]),
    "allow an operation": at("allow", "+", to="searchPeople"),
    "rename an operation": at("allow", 2, to={"operation": "getPet", "operation_id": "pet"}),
    "describe an operation": at("allow", 0, to={"operation": "listPets", "description": "All of them."}),
    "title of an operation": at("allow", 0, to={"operation": "listPets", "title": "All pets"}),
    "hint of an operation": at("allow", 0, to={"operation": "listPets", "hints": {"open_world": True}}),
    "refuse slashes": at("allow", 4, to="getFile"),
    "limit an operation": at("allow", 1, "rate", to="3/s"),
    "credential of an operation": at("allow", 5, "credential", to={"query": "token", "value": {"env": "OWN"}}),
    "dropped fields": at("allow", 5, "response", "drop", to=["/id"]),
    "kept fields": at("allow", 5, "response", "keep", to=["/id"]),
    "validation of answers": at("validate", "response", to="enforce"),
    "selection": at("allow", 5, "response", "select", to="only"),
    "upstream": at("upstream", "url", to="https://other.example.com/v2"),
    "prefix": at("upstream", "url", to="https://api.example.com/v3"),
    "name of the credential": at("upstream", "credential", "header", to="X-Other"),
    "kind of the credential": at("upstream", "credential", to={"bearer": {"env": "KEY"}}),
    "no credential": at("upstream", "credential", to=...),
    "user of the credential": at("upstream", "write_credential", 0, "basic", "username", to="other"),
    "cookie of the credential": at("upstream", "write_credential", 1, "cookie", to="sid"),
    "timeout": at("upstream", "timeout", to={"read": "1s"}),
    "connections": at("upstream", "connections", to=7),
    "forwarded origin": at("upstream", "forwarded", to="rfc7239"),
    "unauthorized": at("upstream", "unauthorized", to="pass"),
    "links": at("upstream", "links", to=["/next"]),
    "echoes": at("upstream", "echoes", to="never"),
    "unreadable": at("upstream", "unreadable", to="pass"),
    "forwarded fields": at("upstream", "headers", "forward", to=["x-other"]),
    "cookies of answers": at("upstream", "headers", "pass_set_cookie", to=True),
    "public URL": at("public", "url", to="https://gateway.example.com"),
    "path of the public URL": at("public", "url", to="http://localhost/plugin"),
    "version of the document": at("public", "openapi_version", to="3.0"),
    "manifest": at("manifest", "name_for_human", to="Zoo"),
    "name of a token": at("auth", "tokens", "+", to={"name": "new", "env": "KEY"}),
    "documents for callers": at("auth", "documents", to="authenticated"),
    "instructions": at("auth", "instructions", to="Ask us."),
    "consumer": at("consumers", 1, "match", to={"token": "hook"}),
    "name of a consumer": at("consumers", 1, "name", to="pages"),
    "list of a consumer": at("consumers", 1, "allow", to=["listPets", "createPet"]),
    "rate of a consumer": at("consumers", 1, "rate", to="1/s"),
    "rate": at("limits", "rate", to="21/s"),
    "rate for each user": at("limits", "per_ephemeral_user", to="2/s"),
    "rate of bad credentials": at("limits", "bad_credentials", to="1/s"),
    "store": at("limits", "redis", to=...),
    "store away": at("limits", "on_store_failure", to="refuse"),
    "calls at once": at("limits", "concurrency", to=9),
    "size of a head": at("limits", "request_head", to="9kB"),
    "size of a body": at("limits", "request_body", to="9kB"),
    "size of an answer": at("limits", "response_body", to="9kB"),
    "client connections": at("limits", "connections", to=9),
    "client timeout": at("client_timeout", "body", to="1s"),
    "CORS": at("cors", "+", to="https://chat.example.com"),
}
DOCUMENT_EDITS = {
    "a denied path": at("paths", "/pets/import", to={"get": {"operationId": "importPets", **NO_BODY}}),
    "no denied path": at("paths", "/pets/export", to=...),
    "a denied variant": at("paths", "/pets?limit=0", to={"get": {"operationId": "exportAll", **NO_BODY}}),
    "a denied path behind slashes": at("paths", "/files/own/{name}", to={"get": {"operationId": "getOwn", **NO_BODY}}),
    "a parameter": at(
        "paths", "/pets", "get", "parameters", "+", to={"name": "tag", "in": "query", "schema": {"type": "string"}}
    ),
    "a description": at("paths", "/pets", "get", "description", to="All pets."),
    "a media type": at("paths", "/pets", "post", "requestBody", "content", "text/plain", to={}),
}
SILENT_EDITS = {
    "level of the log": at("log", to={"level": "warning"}),
    "a word to the person who checks": at("upstream", "servers", to="ignore"),
}
EDITS = [*CONFIG_EDITS, *DOCUMENT_EDITS]


@lru_cache(256)  # small sets repeat often
def edited(names: frozenset[str]) -> Any:
    config, document = copy.deepcopy(CONFIG), copy.deepcopy(DOCUMENT)
    for name in EDITS:
        if name in names:
            (CONFIG_EDITS if name in CONFIG_EDITS else DOCUMENT_EDITS)[name](
                config if name in CONFIG_EDITS else document
            )
    return compiled(config, document)


@pytest.mark.parametrize("edit", DOCUMENT_EDITS)
def test_an_edit_of_the_document_changes_the_digest_without_consumers_too(edit: str) -> None:
    config, document = {**CONFIG, "consumers": []}, copy.deepcopy(DOCUMENT)
    DOCUMENT_EDITS[edit](document)
    assert compiled(config, document).digest != compiled(config).digest


@pytest.mark.parametrize("edit", EDITS)
def test_one_edit_changes_the_digest(edit: str) -> None:
    assert edited(frozenset({edit})).digest != compiled().digest


def behaviour(revision: Any) -> tuple[Any, ...]:
    """Return the behaviour that clients and the upstream can notice, computed without the digest."""
    gates = [revision.gate, *(view.gate for view in revision.views)]
    return (
        [[gate.judge(method, target) for method, target in CALLS] for gate in gates],
        {path: face.body for path, face in revision.faces.items()},
        [(view.consumer, {path: face.body for path, face in view.faces.items()}) for view in revision.views],
        revision.upstream,
        revision.limits,
        revision.cors_origins,
        revision.call_limits,
        revision.callers,
        [[*injection.names()] for injection in revision.injections],
    )


CALLS = [
    (method, target)
    for method in (b"GET", b"POST", b"HEAD")
    for target in (
        b"/pets", b"/pets?tag=a", b"/pets?limit=1", b"/pets/1", b"/pets/export", b"/pets/import", b"/pets/1.json", b"/files/a%2Fb",
        b"/files/secret%2Fa", b"/files/own%2Fa", b"/search?kind=pets", b"/pets?limit=0",
    )
]  # fmt: skip
UNDOING = {
    "prefix", "no credential", "kept fields", "title of an operation", "hint of an operation", "a description",
    "a denied path behind slashes", "kind of the credential", "path of the public URL",
}  # fmt: skip
DISTINCT = [name for name in EDITS if name not in UNDOING]
"""Edits that can be made together. Each of the other edits undoes one of these or clashes with it."""


@given(st.frozensets(st.sampled_from(DISTINCT), max_size=3), st.frozensets(st.sampled_from(DISTINCT), max_size=3))
def test_a_change_of_behaviour_changes_the_digest_and_the_same_edits_give_the_same_digest(
    ours: frozenset[str], theirs: frozenset[str]
) -> None:
    one, other = edited(ours), edited(theirs)
    if behaviour(one) != behaviour(other):
        assert one.digest != other.digest
    if ours == theirs:
        assert one.digest == other.digest


@pytest.mark.parametrize("edit", SILENT_EDITS)
def test_an_edit_without_effect_on_behaviour_keeps_the_digest(edit: str) -> None:
    config = copy.deepcopy(CONFIG)
    SILENT_EDITS[edit](config)
    assert compiled(config).digest == compiled().digest


def test_a_gateway_without_auth_has_another_digest() -> None:
    assert (
        compiled({**CONFIG, "auth": {"type": "none"}, "consumers": []}).digest
        != compiled({**CONFIG, "consumers": []}).digest
    )


def test_the_number_of_a_revision_is_not_in_its_digest() -> None:
    assert compiled(number=2).digest == compiled().digest


# Secrets.


@pytest.mark.parametrize(
    "more", [LOGINS, INTROSPECTED, EXCHANGED, {}], ids=["users", "introspection", "exchange", "tokens"]
)
def test_a_rotated_secret_keeps_the_digest(more: dict[str, Any]) -> None:
    config = {**CONFIG, **more}
    rotated = {name: f"another-{name}" for name in SECRETS if name != "REDIS"}
    assert compiled(config, secrets={**SECRETS, **rotated}).digest == compiled(config).digest


def test_the_url_of_the_store_is_not_in_the_digest() -> None:
    secrets = {**SECRETS, "REDIS": "redis://:another@10.0.0.1:6379/0"}
    assert compiled(secrets=secrets).digest == compiled().digest


def test_hashes_of_users_are_not_in_the_digest_and_their_names_are() -> None:
    config = {**CONFIG, **LOGINS}
    assert compiled(config, users=USERS.replace("9f" * 32, "8e" * 32)).digest == compiled(config).digest
    assert compiled(config, users=USERS.replace("c2FsdHNhbHQ=", "U2FsdHNhbHQ=")).digest == compiled(config).digest
    assert compiled(config, users=USERS.replace("ci:", "cd:")).digest != compiled(config).digest


def test_our_certificate_is_in_the_digest_and_its_private_key_is_not() -> None:
    assert compiled(tls_files=replace(TLS_FILES, key=b"another key")).digest == compiled().digest
    assert compiled(tls_files=replace(TLS_FILES, cert=b"another certificate")).digest != compiled().digest


def test_another_version_of_zlib_keeps_the_digest() -> None:
    revision = compiled()
    faces = {path: packed_otherwise(face, gzip=b"other", gzip_etag='"1"') for path, face in revision.faces.items()}
    assert digest_of(replace(revision, faces=faces)) == revision.digest


# Equal inputs in another process.

PROGRAM = """
import json, random, sys
sys.path[:0] = sys.argv[1:]
import test_digest as test

def shuffled(value):
    if isinstance(value, list):
        return [*map(shuffled, value)]
    if not isinstance(value, dict):
        return value
    items = [*value.items()]
    random.shuffle(items)
    return {key: shuffled(member) for key, member in items}

for config in test.CONFIGS:
    print(test.compiled(shuffled(config)).digest)
"""


def test_the_same_config_with_its_keys_in_any_order_is_the_same_in_every_process() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, __file__.rpartition("/")[0]],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=BOUND_S,
    )
    assert result.stdout == "".join(f"{revision.digest}\n" for revision in OF_CONFIGS)
