from plugin_gateway.ranking.lexicon import (
    ABBREVIATIONS,
    OTHER_MEANINGS,
    SILENT_WORDS,
    VERBS,
    VERBS_OF_METHODS,
)


def test_people_have_words_for_every_verb_of_a_method() -> None:
    assert {verb for kinds in VERBS_OF_METHODS.values() for verbs in kinds for verb in verbs} == {*VERBS}


def test_no_word_stands_for_two_verbs() -> None:
    words = [word for words in VERBS.values() for word in words.split()]
    assert len(words) == len({*words})


def test_no_word_is_both_silent_and_an_abbreviation() -> None:
    short = {pair.partition(":")[0] for pair in ABBREVIATIONS.split()}
    assert short.isdisjoint(SILENT_WORDS.split())
    assert short.isdisjoint(OTHER_MEANINGS)
