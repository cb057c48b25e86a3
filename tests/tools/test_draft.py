from plugin_gateway.tools.draft import Draft


def test_a_draft_begins_with_the_pieces_that_it_is_given():
    draft = Draft(["/a/", ""], ["x=1"])

    assert (draft.path, draft.pairs) == (["/a/", ""], ["x=1"])
    assert not any((draft.fields, draft.cookies, draft.members, draft.form, draft.parts, draft.whole))
    assert not any((draft.problems, draft.suspects, draft.is_doubtful))
