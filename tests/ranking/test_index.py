import pickle

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.ranking.index import Index, build_index
from plugin_gateway.ranking.subject import Subject


def subject(name: str, title: str = "", path: str = "/", *, is_deprecated: bool = False) -> Subject:
    return Subject(name=name, method="GET", path=path, title=title, is_deprecated=is_deprecated)


def weight(index: Index, word: str, number: int) -> int:
    at = index.number_of(word)
    return dict(
        zip(index.subjects[index.starts[at] : index.starts[at + 1]], index.weights[index.starts[at] :], strict=False)
    )[number]


def test_an_index_of_nothing_has_no_words() -> None:
    index = build_index([])
    assert (index.names, index.words, len(index.starts)) == ((), (), 1)
    assert not index.has("a")


def test_an_index_has_the_stems_of_all_texts() -> None:
    index = build_index([subject("listPets", "Shows animals", "/zoo/{id}")])
    assert {"list", "pet", "show", "animal", "zoo"} <= {*index.words}
    assert not index.has("id")
    assert not index.has("zz")


def test_a_word_of_a_short_title_weighs_more_than_one_of_a_long_title() -> None:
    index = build_index([subject("a", "Pets"), subject("b", "Pets and their toys in all shops of the town")])
    assert weight(index, "pet", 0) > weight(index, "pet", 1)


def test_an_index_knows_the_words_of_titles_and_which_name_the_thing() -> None:
    index = build_index([subject("a", "The pets of shops", "/shops/{id}/cages"), subject("b", "Cages", "/cages")])
    titled = {
        word: [*zip(index.title_subjects[start:end], index.is_thing[start:end], strict=True)]
        for word, start, end in zip(index.words, index.title_starts, index.title_starts[1:], strict=False)
    }
    assert titled["shop"] == titled["pet"] == [(0, 0)]
    assert titled["cag"] == [(1, 1)]
    assert titled["the"] == []
    assert [*index.title_sizes] == [2, 1]


@given(st.lists(st.text(max_size=20), max_size=8))
def test_each_word_leads_to_the_subjects_that_have_it(titles: list[str]) -> None:
    subjects = [subject(f"n{at}", title, is_deprecated=at % 2 == 1) for at, title in enumerate(titles)]
    index = build_index(subjects)
    texts = [{word for words in one.texts().values() for word in words} for one in subjects]
    assert [*index.words] == sorted({word for words in texts for word in words})
    for at, word in enumerate(index.words):
        numbers = [*index.subjects[index.starts[at] : index.starts[at + 1]]]
        assert numbers == [number for number, words in enumerate(texts) if word in words]
    assert len(index.subjects) == len(index.weights) == index.starts[-1]
    assert all(index.weights)
    assert not index.verbs
    assert index.deprecated == {*range(1, len(titles), 2)}
    assert pickle.loads(pickle.dumps(index)) == index


def test_the_same_subjects_give_the_same_octets() -> None:
    subjects = [subject(f"get{at}", f"Get {at} and {at + 1}", f"/a/{at}") for at in range(50)]
    assert pickle.dumps(build_index(subjects)) == pickle.dumps(build_index(subjects))


def test_an_index_of_a_thousand_subjects_is_small() -> None:
    subjects = [
        subject(f"get{at}", f"Get the thing {at % 100} of the shop {at % 30}", f"/shops/{at}/things")
        for at in range(1000)
    ]
    assert len(pickle.dumps(build_index(subjects))) < 100_000
