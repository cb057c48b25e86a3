from plugin_gateway.console.static_files import INDEX, static_files


def test_the_package_has_the_page() -> None:
    face = static_files()[INDEX]
    assert face.media_type == "text/html; charset=utf-8"
    assert face.body.lower().startswith(b"<!doctype html>")


def test_no_page_has_an_inline_script_or_an_inline_style() -> None:
    for name, face in static_files().items():
        if name.endswith(".html"):
            text = face.body.decode().lower()
            assert "<style" not in text
            assert " style=" not in text
            assert "<script>" not in text
            assert " onclick=" not in text
            assert "http://" not in text
            assert "https://" not in text
