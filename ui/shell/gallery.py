"""The pictures to choose from, in groups: your own, those that the model has a name for, and those that it cannot know."""

from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from ui.state import session
from ui.work import cached
from vit_core.config import synonyms

KNOWN = "What it knows", "One of its {count:,} classes names what each of these shows."
UNKNOWN = (
    "What it cannot know",
    "None of its {count:,} classes names what these show. It answers all the same: it cannot say “none of these”.",
)


@lru_cache(maxsize=32)
def names_of(labels: tuple[str, ...]) -> frozenset[str]:
    """Every name that a model with these labels has for something, in small letters. Asked for by each run of a page."""
    return frozenset(name for label in labels for name in synonyms(label))


def known(classes: Sequence[str], labels: Iterable[str]) -> bool:
    """Whether a model with these labels has one of the names that fit a picture."""
    names = names_of(tuple(labels))
    return any(name.casefold() in names for name in classes)


def groups(pictures: Iterable[cached.GalleryPicture], labels: Sequence[str]) -> list[tuple[str, str, list[cached.GalleryPicture]]]:
    """Title, why, and the pictures of each group; one without a title where the model's classes have no names."""
    every = list(pictures)
    if not labels:
        return [("", "", every)]
    found = [
        (title, why.format(count=len(labels)), [picture for picture in every if known(picture.classes, labels) is wanted])
        for (title, why), wanted in ((KNOWN, True), (UNKNOWN, False))
    ]
    return [group for group in found if group[2]]


def component_data() -> dict[str, Any]:
    """What the gallery's component is sent: groups of pictures, each with id, title, text for who cannot see it, and an address."""
    selection = session.current()
    mine = [
        {"id": u.id, "title": u.name, "alt": "Your picture", "src": cached.thumbnail(u.id, lambda u=u: u.image)}
        for u in session.uploads().values()
    ]
    found = [{"title": "", "why": "", "pictures": mine[::-1]}] if mine else []
    found += shipped(tuple(cached.config(selection.model).labels or ()))
    return {"groups": found, "selected": selection.picture}


@lru_cache(maxsize=32)
def shipped(labels: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """The groups of the pictures that ship with the app, for a model with these labels: the same at every run of a page."""
    return tuple(
        {
            "title": title,
            "why": why,
            "pictures": [
                {"id": p.id, "title": p.title, "alt": p.alt, "src": cached.thumbnail(p.id, partial(cached.gallery_picture, p.id))}
                for p in pictures
            ],
        }
        for title, why, pictures in groups(cached.gallery().values(), labels)
    )
