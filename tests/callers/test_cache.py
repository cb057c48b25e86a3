from plugin_gateway.callers.cache import VerdictCache


def test_a_verdict_lasts_until_its_end_and_not_longer() -> None:
    cache = VerdictCache[str]()
    cache.put(b"a", "yes", until=10.0)
    assert cache.get(b"a", 9.9) == "yes"
    assert cache.get(b"a", 10.0) is None
    assert len(cache) == 0


def test_a_full_cache_drops_its_oldest_verdict() -> None:
    cache = VerdictCache[bytes](max_entries=3)
    for digest in (b"a", b"b", b"c", b"a", b"d"):
        cache.put(digest, digest, until=10.0)
    assert [cache.get(digest, 0.0) for digest in (b"a", b"b", b"c", b"d")] == [b"a", None, b"c", b"d"]
    assert len(cache) == 3
