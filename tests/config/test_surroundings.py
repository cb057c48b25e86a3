from plugin_gateway.config.surroundings import Surroundings


def test_surroundings_do_not_show_the_environment() -> None:
    assert "hunter2" not in repr(Surroundings(environ={"KEY": "hunter2"}))
