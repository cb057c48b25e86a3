from plugin_gateway.console.figures import platforms_of, size_of
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.tools.tokens import tokens_of_size
from tests.console.pets_place import CONFIG, Place
from tests.shop import built


def test_the_size_is_measured_on_the_document_that_clients_get(place: Place) -> None:
    reading = place.material.reading()
    assert reading.built is not None
    size = len(reading.built.revision.faces["/openapi.json"].body)

    assert size_of(reading.built) == {"operations": 1, "bytes": size, "tokens": tokens_of_size(size)}
    assert size_of(None)["operations"] == 0


def test_every_platform_has_its_meters_and_its_findings() -> None:
    platforms = {one["name"]: one for one in platforms_of(built())}

    assert list(platforms) == [str(platform) for platform in Platform]
    assert {meter["limit"] for meter in platforms["chatgpt"]["limits"]} == {16_000, 5_000}
    assert platforms["chatgpt"]["findings"] == []


def test_without_a_gateway_there_are_no_platforms() -> None:
    assert platforms_of(None) == []


def test_an_image_that_is_no_image_is_every_platforms_finding(place: Place) -> None:
    place.config.with_name("logo.png").write_text("s3cret")
    place.write(CONFIG + "plugin: {logo: ./logo.png}\n")

    assert {one["findings"][0]["rule"] for one in platforms_of(place.material.reading().built)} == {"unreadable"}
