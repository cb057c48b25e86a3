from plugin_gateway.approvals.settings import NO_SETTINGS, ApprovalSettings, hash_of


def test_without_a_key_any_person_who_reaches_the_desk_may_approve() -> None:
    assert NO_SETTINGS.admits("")
    assert NO_SETTINGS.admits("any")


def test_only_the_configured_key_may_approve() -> None:
    settings = ApprovalSettings(key_hash=hash_of("sesame"))
    assert [settings.admits(key) for key in ("sesame", "", "Sesame", "\udcff")] == [True, False, False, False]


def test_the_key_is_not_in_the_text_of_the_settings() -> None:
    assert "key_hash" not in repr(ApprovalSettings(key_hash=hash_of("sesame")))
