"""Words: the pieces of honest and hostile targets. `{}` stands for a credential of the caller."""

from __future__ import annotations

from typing import Final

# Values for a last segment only: the gateway refuses an encoded `?` or `#` in earlier segments, and text that decodes twice to a control.
HONEST_LAST: Final = ("C#", "why?", "a?b=c", "50%")
# Pieces of the values that honest clients send. Joined, they do not spell a denied word.
HONEST: Final = (
    "7", "42", "2026-11-26", "10:30", "rex", "Rex", "v1.2", "a,b", "user@example.com", "São Paulo", "東京", "Ωmega", "naïve",
    "Größe", "Straßen", "Ivanović", "İzmir", "K\u0131rklareli", "d'Arc", "(draft)", "~me", "$9", "Q&A", "x=y",
    "b71c2a9e-5f0d-4a57-9a35-3d5c1f8f0e11",
)  # fmt: skip
JOINTS: Final = ("-", "_", " ", "", "")

METHODS: Final = (
    "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "Get", "TRACE", "QUERY", "PROPFIND", "LINK", "GETX",
    "CONNECT",
)  # fmt: skip
AFTER: Final = (
    ".", "..", " ", "%20", "%09", "+", ";", ";x", ";jsessionid=1", ";/", ".json", ".JSON", ".xml", ".html", ".php", ".do", ".json.xml",
    "%00", "%00.json", "%0a", "%0d%0a", "?", "%3f", "%3Fx", "#", "%23", "%23x", ":$DATA", "::$DATA", "%3a%3a$DATA", "~", "*", "'", '"',
    "/", "//", "/.", "/./", "/..", "/x/..", "/..;/x", "/%2e", "/%2e%2e", "/x", "%2f", "%2fx", "%2F", "%5c", "\\", "%5cx", "%252f",
    "%c0%af", "%e0%80%af", "%ef%bc%8f", "%e2%88%95", "%u002f", "%u2215", "%uff0f", ",x", "=x", "!x", "@x", "&x", "%26x", "$", "(", ")",
    "%ad", "%c2%ad", "%e2%80%8b", "%ef%bb%bf", "%cc%81", "%cc%87", "%7f", "%80", "%85", "%a0", "%c2%a0", "%c2%85", "%e3%80%80", "\x00",
)  # fmt: skip
BEFORE: Final = (
    ".", "%2e", "./", "%2e/", "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..;/", "..%5c", "x/../", "x%2f..%2f", "x/..;/", ";/", ";x=1/",
    "/", "//", "%2f", "%5c", "\\", "+", "%20", "%09", "%00", "%ef%bb%bf", "%e2%80%8b", "~", "*", "%25", "%", "@", ":",
)  # fmt: skip
OVERRIDES: Final = (
    "X-HTTP-Method-Override", "X-Http-Method", "X-Method-Override", "x-http-method-override", "X_HTTP_Method_Override",
)  # fmt: skip
REWRITES: Final = (
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-URI",
    "X-Forwarded-Prefix",
    "X-Forwarded-Path",
    "Destination",
)
CREDENTIALS: Final = (
    "Authorization: Bearer {}", "authorization: Basic {}", "Cookie: session={}", "COOKIE: a=b; c={}", "X-Api-Key: {}", "x-api-key:{}",
    "X_Api_Key: {}", "X-API_KEY: {}", "X-Api-Key : {}", "Proxy-Authorization: Bearer {}", "Cookie2: {}", "X-Forwarded-For: {}",
    "X-Forwarded-User: {}", "Connection: X-Api-Key\r\nX-Api-Key: {}", "X-Real-IP: {}", "Via: {}", "Forwarded: for={}", "X.Api.Key: {}",
)  # fmt: skip
QUERIES: Final = (
    "_method=DELETE", "_METHOD=DELETE", "%5fmethod=DELETE", "_method%00=DELETE", "_method[]=DELETE", "X-HTTP-Method-Override=DELETE",
    "Action=DropPets", "action=DropPets", "Action=FindPets&Action=DropPets", "Action=DropPets&Action=FindPets", "%41ction=DropPets",
    "Action%5B%5D=DropPets", "Action=FindPets;Action=DropPets", "Action=FindPets%26Action=DropPets", "Action=FindPets&action=DropPets",
    "Action=FindPets&Action%00=DropPets", "Action=FindPets&+Action=DropPets", "Action=%44ropPets", "Action=droppets", "Action=",
    "api_key={}", "api%5fkey={}", "API_KEY={}", "api.key={}", "api_key[]={}", "limit=1&api_key={}", "limit=1%26api_key={}",
    "limit=1;api_key={}", "limit=10", "tag=a%20b", "name=rex", "fields=a,b", "debug=1", "limit=1#x", "limit=%", "/../admin", "&&", "=", "",
)  # fmt: skip
PART: Final = "--b\r\nContent-Disposition: form-data; {}\r\n\r\nDELETE\r\n--b--\r\n"
BODIES: Final = (
    ("application/json", '{"name":"Rex"}'),
    ("application/json", '{"_method":"DELETE"}'),
    ("application/json", '{"\\u005fmethod":"DELETE","name":"Rex"}'),
    ("application/json", '{"a":1,"_Method":"DELETE"}'),
    ("application/json; charset=utf-16", '{"_method":"DELETE"}'),
    ("application/json", '\ufeff{"_method":"DELETE"}'),
    ("application/json", '{"_method":"GET","_method":"DELETE"}'),
    ("application/json", '{"_method" : "DELETE" // }'),
    ("text/json", '{"_method":"DELETE"}'),
    ("application/x-www-form-urlencoded", "name=Rex"),
    ("application/x-www-form-urlencoded", "_method=DELETE"),
    ("application/x-www-form-urlencoded", "name=Rex&%5Fmethod=DELETE"),
    ("application/x-www-form-urlencoded", "_method=DELETE;name=Rex"),
    ("application/x-www-form-urlencoded", "a=1&_%6dethod=PATCH"),
    ("APPLICATION/X-WWW-FORM-URLENCODED; a=b", "_method=DELETE"),
    ("application/x-www-form-urlencoded", ".method=DELETE"),
    ("application/x-www-form-urlencoded", "+_method=DELETE&x=1"),
    ("application/x-www-form-urlencoded", "[method=DELETE"),
    ("application/x-www-form-urlencoded", "_method%00x=DELETE"),
    ("multipart/form-data; boundary=b", PART.replace("{}", 'name="_method"')),
    ("multipart/form-data; boundary=b", PART.replace("{}", "name=_method")),
    ("multipart/form-data; boundary=b", PART.replace("{}", "name*=utf-8''_method")),
    ("multipart/form-data; boundary=b", PART.replace("{}", 'name*0="_met"; name*1="hod"')),
    ("multipart/form-data; boundary=b", PART.replace("{}", 'filename="f"; name="_method"')),
    ("multipart/form-data; boundary=b", PART.replace("{}", 'name="_method"').replace("\r\n", "\n")),
    ("multipart/form-data; boundary=c; boundary=b", PART.replace("{}", 'name="_method"')),
    ("multipart/form-data; boundary=b", PART.replace("{}", "name='_method'")),
    ("multipart/form-data; boundary=b", PART.replace("{}", 'name=".method"')),
    ('multipart/form-data; boundary="b"', "preamble\r\n" + PART.replace("{}", 'NAME = "_method"')),
    ("text/plain", "_method=DELETE"),
    ("", "_method=DELETE"),
)


PLAIN_BODIES: Final = (BODIES[0], ("application/x-www-form-urlencoded", "name=Rex"))
