from plugin_gateway.callers.facade import Facade
from plugin_gateway.callers.model import Callers

FACADE = Facade(
    authorize="https://idp.test/a",
    token="https://idp.test/t",
    client_ids=frozenset({"c"}),
    public_client_ids=frozenset(),
    chatgpt_ids=frozenset(),
    redirect_uris=frozenset(),
)


def test_the_gateway_answers_the_oauth_paths_itself_only_with_a_facade() -> None:
    assert Callers().local_paths == ()
    assert Callers(facade=FACADE).local_paths == ("/oauth/authorize", "/oauth/token")
