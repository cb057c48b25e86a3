"""The submission form of ChatGPT apps."""

import json

from plugin_gateway.export.app_submission import app_submission, build_app_submission
from tests.shop import shop


def test_the_form_is_filled_out_from_the_plugin_and_the_tools() -> None:
    form = app_submission(shop())
    assert form["schema_version"] == 1
    assert form["app_info"] == {
        "display_name": "Shop",
        "subtitle": "Look up and place orders",
        "description": "Orders of the shop.",
        "category": "PRODUCTIVITY",
    }
    assert set(form["tools"]) == {"list_orders", "create_order", "cancel_order"}


def test_each_hint_of_each_tool_has_a_sentence_that_fits_it() -> None:
    tools = app_submission(shop())["tools"]
    reads, creates, cancels = (tools[name] for name in ("list_orders", "create_order", "cancel_order"))
    assert reads["annotations"] == {"readOnlyHint": True, "openWorldHint": False, "destructiveHint": False}
    for tool, key, words in [
        (reads, "read_only", "a GET of /orders, which returns data"),
        (reads, "destructive", "deletes, overwrites and cancels nothing"),
        (creates, "read_only", "a POST of /orders, which changes data"),
        (creates, "open_world", "Reaches only Shop"),
        (cancels, "destructive", "a DELETE of /orders/{id}, which may delete"),
    ]:
        assert words in tool["justifications"][f"{key}_justification"]
    entry = {"operation": "create_order", "hints": {"open_world": True}}
    opened = app_submission(shop({"allow": [entry], "plugin": {"cases": None}}))["tools"]["create_order"]
    assert "outside of Shop" in opened["justifications"]["open_world_justification"]


def test_the_form_has_the_cases_of_the_plugin() -> None:
    form = app_submission(shop())
    assert form["test_cases"][0] == {
        "description": "Which orders of Ada are open?",
        "user_prompt": "Which orders of Ada are open?",
        "file_attachment_urls": None,
        "tools_triggered": "list_orders",
        "expected_output": "A list of orders.",
        "expected_output_url": None,
    }
    assert form["negative_test_cases"][0]["tools_triggered"] is None
    assert "not called" in form["negative_test_cases"][0]["expected_output"]


def test_a_case_that_does_not_say_what_it_shows_leaves_that_open() -> None:
    [case] = app_submission(shop({"plugin": {"cases": [{"prompt": "x", "tools": ["list_orders"]}]}}))["test_cases"]
    assert case["expected_output"] == ""


def test_a_part_that_only_a_person_can_write_is_absent_until_the_config_has_it() -> None:
    form = app_submission(
        shop({"plugin": {"subtitle": None, "category": "Healthcare", "cases": None, "refusals": None}})
    )
    assert set(form) == {"$schema", "schema_version", "app_info", "tools"}
    assert set(form["app_info"]) == {"display_name", "description"}


def test_the_form_is_one_file() -> None:
    [(name, body)] = build_app_submission(shop()).files.items()
    assert name == "chatgpt-app-submission.json"
    assert json.loads(body) == app_submission(shop())
