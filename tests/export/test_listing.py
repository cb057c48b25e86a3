"""The listing in OpenAI's directory."""

from plugin_gateway.export.listing import for_openai, interface
from tests.shop import CASE, png, shop


def test_the_interface_has_what_gateway_yaml_and_the_tools_say() -> None:
    assert interface(shop({"plugin": {"color": "#1A73E8"}})) == {
        "displayName": "Shop",
        "shortDescription": "Look up and place orders",
        "longDescription": "Orders of the shop.",
        "developerName": "Example Inc.",
        "category": "Productivity",
        "capabilities": ["List orders", "Create an order", "Cancel an order"],
        "websiteURL": "https://www.example.com",
        "supportURL": "https://www.example.com/support",
        "privacyPolicyURL": "https://www.example.com/privacy",
        "termsOfServiceURL": "https://www.example.com/terms",
        "defaultPrompt": ["Which of my orders are open?"],
        "brandColor": "#1A73E8",
        "logo": "./assets/logo.png",
        "composerIcon": "./assets/logo.png",
    }


def test_a_text_that_only_a_person_can_write_is_absent_until_the_config_has_it() -> None:
    said = interface(shop({"plugin": None}))
    assert {"shortDescription", "category", "supportURL", "privacyPolicyURL", "brandColor"}.isdisjoint(said)
    assert said["defaultPrompt"] == ["List orders in Shop"]


def test_texts_of_the_document_are_cut_to_the_limits_and_texts_of_a_person_are_not() -> None:
    long = {"info": {"description": "x" * 5000}, "paths": {"/orders": {"get": {"summary": "y" * 60}}}}
    cut = interface(shop({"plugin": None}, long))
    assert len(cut["longDescription"]) == 4000
    assert len(interface(shop({"plugin": {"description": "x" * 5000}}))["longDescription"]) == 5000
    many = {"paths": {f"/p{number}": {"get": {"summary": f"Say {number}"}} for number in range(30)}}
    allowed = {"allow": [f"GET /p{number}" for number in range(30)], "plugin": None}
    assert len(interface(shop(allowed, many))["capabilities"]) == 20


def test_each_image_has_a_file() -> None:
    images = {"logo": png(), "icon": b"<svg viewBox='0 0 1 1'>", "dark_logo": png(), "dark_icon": png()}
    said = interface(shop(images=images))
    assert said["composerIcon"] == "./assets/icon.svg"
    assert (said["logoDark"], said["composerIconDark"]) == ("./assets/logo-dark.png", "./assets/icon-dark.png")


def test_reviewers_get_the_cases_and_no_empty_members() -> None:
    said = for_openai(shop({"plugin": {"countries": ["DE", "FR"]}}))
    assert said["review"]["test_cases"]["positive"][0] == {
        "description": CASE["prompt"],
        "prompt": CASE["prompt"],
        "tools_triggered": "list_orders",
        "expected_behavior": "A list of orders.",
    }
    assert said["review"]["test_cases"]["negative"][0] == {
        "description": "Tell me a joke.",
        "prompt": "Tell me a joke.",
    }
    assert said["review"]["demo_recording_url"] == "https://www.example.com/demo.mp4"
    assert said["publication"] == {"countries": ["DE", "FR"], "release_notes": "First version."}
    assert set(for_openai(shop({"plugin": None}))) == {"interface"}
    one_kind = for_openai(shop({"plugin": {"cases": None, "recording": None}}))
    assert [*one_kind["review"]["test_cases"]] == ["negative"]
    assert [*one_kind["review"]] == ["test_cases"]
