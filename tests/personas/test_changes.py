"""What a version changes of another, in words."""

from hypothesis import given
from hypothesis import strategies as st

from personas.changes import lines_change, text_change
from personas.definitions import gaps
from personas.words import definition_changes, rule_lines

NAMES = {
    "fields": {"phone": "Phone", "extra.budget": "Budget"},
    "personas": {"spa": "Spa director"},
}
TEXT = st.lists(st.sampled_from(["a", "b", "cc", " ", "  ", "\n", "<b>"]), max_size=12).map("".join)


@given(before=TEXT, after=TEXT)
def test_both_texts_can_be_read_from_what_is_shown(before, after):
    changes = list(text_change("Means", before, after))
    assert bool(changes) == (before != after)
    for change in changes:
        assert (change.was, change.now) == (before, after)


def test_words_that_go_together_change_together():
    (change,) = text_change("Means", "A score of 50, at least", "A rating of 60, at least")
    assert [(piece.how, piece.text) for piece in change.pieces] == [
        ("kept", "A "), ("gone", "score"), ("come", "rating"), ("kept", " of "),
        ("gone", "50,"), ("come", "60,"), ("kept", " at least"),
    ]  # fmt: skip


def test_a_rule_is_said_as_people_say_it():
    rule = {"min_score": 60, "min_fit": 10, "require": ["phone", "extra.budget", "extra.old_one"],
            "personas": ["spa", "gone"]}  # fmt: skip
    assert rule_lines(rule, **NAMES) == [
        "A score of at least 60",
        "At least 10 points for fit: who they are",
        "Phone is known",
        "Budget is known",
        "old one is known",
        "Fits Spa director or gone",
    ]
    assert rule_lines({}, **NAMES) == []


def test_only_what_is_different_is_said():
    before = {"name": "MQL", "words": "Ready.", "rule": {"min_score": 50, "require": ["phone"]}}
    after = {**before, "rule": {"min_score": 60, "require": ["phone"]}}
    changes = definition_changes(before, after, **NAMES)
    assert [(change.what, change.was, change.now) for change in changes] == [
        ("Rule", "A score of at least 50", ""),
        ("Rule", "", "A score of at least 60"),
    ]
    assert list(lines_change("Rule", ["a"], ["a"])) == []


def test_a_zero_and_a_no_are_known():
    rule = {"require": ["extra.children", "extra.garden", "extra.rooms"]}
    values = {"extra.children": 0, "extra.garden": False, "extra.rooms": []}
    assert gaps(rule, values) == ["rooms is not known"]
    assert gaps(rule, {}, names={"extra.children": "Children"}) == [
        "Children is not known", "garden is not known", "rooms is not known",
    ]  # fmt: skip
