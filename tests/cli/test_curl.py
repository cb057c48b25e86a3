import shlex

import pytest

from plugin_gateway.cli.curl import read_curl, split_curl
from plugin_gateway.errors import UsageError

URL = "https://api.example.com/pets"


@pytest.mark.parametrize(
    ("command", "method", "url"),
    [
        (f"{URL}", "GET", URL),
        (f"-X DELETE {URL}", "DELETE", URL),
        (f"-XPUT {URL}", "PUT", URL),
        (f"-sSX PATCH {URL}", "PATCH", URL),
        (f"--request=POST {URL}", "POST", URL),
        (f"{URL} -H 'Authorization: Bearer x' -d '{{}}'", "POST", URL),
        (f"--json '{{}}' --url {URL}", "POST", URL),
        (f"{URL} -F file=@a", "POST", URL),
        (f"-T a.json {URL}", "PUT", URL),
        (f"-I {URL}", "HEAD", URL),
        (f"-d a=1 -X PUT {URL}", "PUT", URL),
        (f"-G {URL} -d a=1 --data-urlencode b=2", "GET", f"{URL}?a=1&b=2"),
        (f"-G '{URL}?c=3#top' -d a=1", "GET", f"{URL}?c=3&a=1#top"),
        (f"-u me:secret -o out -m 5 --max-time 5 -k -L {URL}", "GET", URL),
        (f"{URL} -X", "", URL),
    ],
)
def test_the_call_is_the_one_that_curl_makes(command: str, method: str, url: str) -> None:
    assert read_curl(shlex.split(command))[:2] == (method, url)


@pytest.mark.parametrize("command", [f"-H 'A: b' {URL} --header=c:d", f"-sH 'A: b' {URL} -Hc:d"])
def test_the_header_fields_are_kept_as_they_were_written(command: str) -> None:
    assert read_curl(shlex.split(command)).headers == ("A: b", "c:d")


@pytest.mark.parametrize("arguments", [[], ["-X", "GET"], ["-H", URL]])
def test_a_command_without_a_url_is_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="no URL"):
        read_curl(arguments)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["curl", "-s", URL], ["-s", URL]),
        ([f"curl -H 'a: b' \\\n  {URL}"], ["-H", "a: b", URL]),
        (["GET", "/pets"], None),
        (["curly"], None),
        ([], None),
    ],
)
def test_a_command_may_be_one_word_or_several(words: list[str], arguments: list[str] | None) -> None:
    assert split_curl(words) == arguments


def test_a_quote_that_is_not_closed_is_refused() -> None:
    with pytest.raises(UsageError, match="quote"):
        split_curl(["curl 'https://"])
