"""The gallery's groups: what a model has a name for, by its own classes, and what it cannot know."""

import pytest

from ui.shell import gallery
from ui.work import cached
from vit_core.config import synonyms


def ids(group: tuple) -> list[str]:
    return [picture.id for picture in group[2]]


def test_a_name_counts_whole_and_in_any_of_its_forms() -> None:
    assert synonyms("tabby, tabby cat") == ["tabby", "tabby cat"]
    assert gallery.known(["tabby"], ["goldfish", "tabby, tabby cat"])
    assert gallery.known(["Tiger Cat"], ["tiger cat"])
    assert not gallery.known(["cup"], ["cupboard", "teacup", "cup final"])
    assert not gallery.known([], ["cup"])


def test_the_groups_follow_the_models_own_classes() -> None:
    pictures = cached.gallery().values()
    known, unknown = gallery.groups(pictures, ["espresso", "space shuttle", "goldfish"])
    assert ids(known) == ["coffee", "espresso", "shuttle"]
    assert len(known[2]) + len(unknown[2]) == len(pictures)
    assert known[0] == "What it knows" and unknown[0] == "What it cannot know"
    assert "its 3 classes" in known[1] and "its 3 classes" in unknown[1]
    (everything,) = gallery.groups(pictures, [])
    assert everything[0] == "" and ids(everything) == list(cached.gallery())
    (none,) = gallery.groups(pictures, ["goldfish"])
    assert none[0] == "What it cannot know"


@pytest.mark.parametrize("wanted", [True, False])
def test_the_bundled_model_has_a_class_for_what_it_knows_and_none_for_the_rest(wanted: bool) -> None:
    labels = cached.model("bundled").config.labels
    names = {name for label in labels for name in synonyms(label)}
    group = gallery.groups(cached.gallery().values(), labels)[0 if wanted else 1]
    for picture in group[2]:
        assert any(name.casefold() in names for name in picture.classes) is wanted, picture.id
    assert f"{len(labels):,} classes" in group[1]
    assert "coffee" in ids(group) if wanted else {"brick", "hubble", "retina", "flower"} <= set(ids(group))
