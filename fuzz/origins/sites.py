"""Sites: the routes of the API as configurations of nginx, Apache and Caddy, in the common styles of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fuzz.origins.surface import BASE, OPERATIONS, OUTSIDE, Operation, specificity

if TYPE_CHECKING:
    from pathlib import Path

_ROUTED: Final = sorted((one for one in OPERATIONS if "?" not in one.path), key=specificity)
_APACHE_MODULES: Final = "/usr/lib/apache2/modules"
_APACHE_LOADED: Final = ("mpm_event", "authz_core", "rewrite", "headers")
_PATHS: Final = tuple(dict.fromkeys(one.path for one in _ROUTED))
_ACTIONS: Final = {one.path.partition("=")[2]: one.name for one in OPERATIONS if "?" in one.path}


def nginx_conf(ports: list[int], place: Path) -> str:
    """Return one server for each port: exact, caseless, by prefix, and a proxy that cleans the path for the first server."""
    exact, caseless, prefix, chained = ports
    maps = "".join(_nginx_map(number, path) for number, path in enumerate(_PATHS))
    actions = "".join(f'"~*^(?:GET|HEAD) {value}$" {name};\n' for value, name in _ACTIONS.items())
    return f"""
daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/log crit;
events {{ worker_connections 1024; }}
http {{
access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json; client_max_body_size 0;
client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
map "$request_method $arg_action" $action {{ default ""; {actions} }}
{maps}
server {{ listen 127.0.0.1:{exact}; {_nginx_locations("~", prefixes=False)} }}
server {{ listen 127.0.0.1:{caseless}; {_nginx_locations("~*", prefixes=False)} }}
server {{ listen 127.0.0.1:{prefix}; merge_slashes off; {_nginx_locations("~", prefixes=True)} }}
server {{ listen 127.0.0.1:{chained}; location / {{ proxy_pass http://127.0.0.1:{exact}/; }} }}
}}
"""


def apache_conf(ports: list[int], place: Path) -> str:
    """Return one host for each port: rewrite rules, caseless rewrite rules, and `<Location>`, which includes all paths below."""
    rules, folded, located = ports
    modules = "".join(f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so\n" for name in _APACHE_LOADED)
    listening = "".join(f"Listen 127.0.0.1:{port}\n" for port in ports)
    hosts = "".join(
        f"<VirtualHost 127.0.0.1:{port}>\nAllowEncodedSlashes {slashes}\nMergeSlashes Off\nRewriteEngine On\n{body}"
        "RewriteRule ^ - [R=204,L]\n</VirtualHost>\n"
        for port, slashes, body in (
            (rules, "On", _apache_rules("")),
            (folded, "NoDecode", _apache_rules(",NC")),
            (located, "On", _apache_locations()),
        )
    )
    return f"""{modules}{listening}
ServerRoot "{place}"
ServerName origin.test
PidFile "{place}/pid"
ErrorLog "{place}/log"
User www-data
Group www-data
DocumentRoot "{place}"
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
{hosts}"""


def caddyfile(ports: list[int]) -> str:
    """Return one site for each port: `path` (which folds case), `path_regexp`, and `path` with all paths below."""
    by_path, by_pattern, by_prefix = ports
    sites = ((by_path, _matched_path), (by_pattern, _matched_pattern), (by_prefix, _matched_prefix))
    blocks = []
    for port, matcher in sites:
        handled = "".join(
            f"@{one.name} {{\n{matcher(one)}\nmethod {_methods(one)}\n}}\n"
            f'handle @{one.name} {{\nheader X-Reached "caddy={one.name}"\nrespond "{{}}" 200\n}}\n'
            for one in _ROUTED
        )
        acting = "".join(
            f"@{name} {{\npath {BASE}/\nquery Action={value}\nmethod GET HEAD\n}}\n"
            f'handle @{name} {{\nheader X-Reached "caddy={name}"\nrespond "{{}}" 200\n}}\n'
            for value, name in _ACTIONS.items()
        )
        outside = f'@out {{\nnot path {BASE} {BASE}/*\n}}\nhandle @out {{\nheader X-Reached "caddy={OUTSIDE}"\nrespond "{{}}"\n}}\n'
        blocks.append(
            f'http://:{port} {{\nbind 127.0.0.1\nroute {{\n{acting}{handled}{outside}respond "{{}}" 404\n}}\n}}\n'
        )
    options = "admin off\nauto_https off\nlog {\nlevel ERROR\n}\nservers {\ntimeouts {\nidle 10m\n}\n}\n"
    return f"{{\n{options}}}\n" + "".join(blocks)


def _matched_path(operation: Operation) -> str:
    return f'path "{BASE}{_starred(operation.path)}"'


def _matched_pattern(operation: Operation) -> str:
    return f"path_regexp `^{BASE}{_regex(operation.path)}$`"


def _matched_prefix(operation: Operation) -> str:
    path = _matched_path(operation)
    return f'{path} "{BASE}{operation.path}/*"' if operation.is_concrete else path


def _apache_rules(flag: str) -> str:
    found = "RewriteCond %{ENV:REACHED} ^$\n"
    lines = [f"RewriteCond %{{REQUEST_URI}} !^{BASE}(/|$)\nRewriteRule ^ - [E=REACHED:{OUTSIDE}]\n"]
    for value, name in _ACTIONS.items():
        lines.append(
            f"{found}RewriteCond %{{REQUEST_METHOD}} ^(GET|HEAD)$\nRewriteCond %{{QUERY_STRING}} (^|&)Action={value}(&|$) [NC]\n"
            f'RewriteRule "^{BASE}/?$" - [E=REACHED:{name}]\n'
        )
    for one in _ROUTED:
        methods = _methods(one).replace(" ", "|")
        lines.append(
            f"{found}RewriteCond %{{REQUEST_METHOD}} ^({methods})$\n"
            f'RewriteRule "^{BASE}{_regex(one.path)}$" - [E=REACHED:{one.name}{flag}]\n'
        )
    return "".join(lines) + 'Header always set X-Reached "apache=%{REACHED}e" env=REACHED\n'


def _apache_locations() -> str:
    lines = [f'<Location "/">\nHeader always set X-Reached "apache={OUTSIDE}"\n</Location>\n']
    lines.append(f'<Location "{BASE}">\nHeader always unset X-Reached\n</Location>\n')
    # The last section that matches wins.
    for path in reversed(_PATHS):
        headers = "".join(
            f'Header always set X-Reached "apache={one.name}" "expr=%{{REQUEST_METHOD}} =~ /^({_methods(one).replace(" ", "|")})$/"\n'
            for one in _ROUTED
            if one.path == path
        )
        is_concrete = "{" not in path and path.count("/") > 1
        where = f'Location "{BASE}{path}"' if is_concrete else f'LocationMatch "^{BASE}{_regex(path)}$"'
        lines.append(f"<{where}>\n{headers}</{where.split(maxsplit=1)[0]}>\n")
    return "".join(lines)


def _nginx_map(number: int, path: str) -> str:
    here = [one for one in _ROUTED if one.path == path]
    lines = "".join(f"{method} nginx={one.name};\n" for one in here for method in _methods(one).split())
    return f'map $request_method $reached_{number} {{ default ""; {lines} }}\n'


def _nginx_locations(operator: str, *, prefixes: bool) -> str:
    lines = [f'location / {{ add_header X-Reached "nginx={OUTSIDE}" always; return 200 "{{}}"; }}']
    lines.append(f'location {BASE}/ {{ return 404 "{{}}"; }}')
    lines.append(f'location = {BASE}/ {{ add_header X-Reached "nginx=$action" always; return 200 "{{}}"; }}')
    for number, path in enumerate(_PATHS):
        answer = f'{{ add_header X-Reached $reached_{number} always; return 200 "{{}}"; }}'
        if prefixes and "{" not in path:
            lines.append(f'location = "{BASE}{path}" {answer}')
            lines.append(f'location ^~ "{BASE}{path}/" {answer}' if path.count("/") > 1 else "")
        else:
            lines.append(f'location {operator} "^{BASE}{_regex(path)}$" {answer}')
    return "\n".join(lines)


def _methods(operation: Operation) -> str:
    return "GET HEAD" if operation.method == "GET" else operation.method


def _regex(path: str) -> str:
    parts = re.split(r"(\{[^}]*\})", path)
    return "".join(".+" if part == "{path}" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts)


def _escaped(literal: str) -> str:
    # `re.escape` escapes characters that Go and PCRE do not allow to be escaped.
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", literal)


def _starred(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "*", path)
