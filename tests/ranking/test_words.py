import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.ranking.words import SAME_VERB, pairs_of, similarity, split, stem, stems_of


@pytest.mark.parametrize(
    "forms",
    [
        "issue issues",
        "entry entries",
        "branch branches",
        "class classes",
        "create created creates creating creation",
        "cancel canceled canceling",
        "run running",
        "verify verified verifying verification",
        "notify notifies notifications",
        "calculate calculated calculation calculations",
        "authorize authorized authorizing",
        "approve approved",
        "payment payments",
        "repo repos repository repositories",
        "config configuration configurations",
        "status",
        "address addresses addr",
    ],
)
def test_all_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("user", "use"), ("card", "car"), ("order", "ordinal"), ("plan", "planet"), ("rate", "ratio"), ("team", "tea")],
)
def test_words_that_only_look_alike_have_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getIssueComments", "get issue comments"),
        ("GetHTTPStatus2", "get http status 2"),
        ("list_balance-transactions", "list balance transactions"),
        ("/v1/pets/{petId}", "v 1 pets pet id"),
        ("issues/list-for-repo", "issues list for repo"),
        ("Größe ändern", "grösse ändern"),
        ("创建 用户账户", "创建 用户 户账 账户"),
        ("", ""),
        ("— … !", ""),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: str) -> None:
    assert [*split(text)] == words.split()


def test_two_words_with_a_hyphen_are_one_word_too_unless_the_first_is_a_verb_or_silent() -> None:
    assert "rerun" in stems_of("re-run a job")
    assert [*stems_of("get-job of-job")] == ["get", "job", "of", "job"]


def test_other_verbs_for_an_act_stand_for_the_verb_of_its_method() -> None:
    assert SAME_VERB[stem("removing")] == SAME_VERB[stem("deletes")] == stem("delete")


@given(st.text())
def test_every_text_has_stems_in_lower_case_and_of_bounded_length(text: str) -> None:
    for word in stems_of(text):
        assert word
        assert len(word) <= 80
        assert stem(word.casefold()) is not None


@given(st.text(alphabet=st.characters(categories=["Ll"]), min_size=1, max_size=12))
def test_a_stem_is_never_empty(word: str) -> None:
    assert stem(word)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("label", "label", 1, 1),
        ("label", "labl", 0.7, 0.9),
        ("workflow", "wokflow", 0.7, 0.9),
        ("ab", "xy", 0, 0),
        ("", "", 1, 1),
    ],
)
def test_words_are_as_similar_as_they_share_pairs_of_letters(one: str, other: str, least: float, most: float) -> None:
    assert least <= similarity(pairs_of(one), other) <= most
    assert similarity(pairs_of(one), other) == similarity(pairs_of(other), one)
