"""Pictures that people bring: how long and how many are kept, and under which ids."""

import time

from PIL import Image

import vit_core
from ui.state import uploads
from ui.state.uploads import Kept, Upload, new_id


def upload(side: int) -> Upload:
    image = Image.new("RGB", (side, side))
    return Upload(new_id(image), "mine.png", image)


def test_ids_cannot_be_guessed() -> None:
    image = Image.new("RGB", (8, 8))
    ids = {new_id(image) for _ in range(1000)}
    assert len(ids) == 1000 and all(name.startswith("upload-") and uploads.is_id(name) for name in ids)
    assert len({name[7:23] for name in ids}) == 1000  # 16 characters of chance, then the hash


def test_an_id_belongs_to_one_picture() -> None:
    noise = Image.effect_noise((70, 50), 90).convert("RGB")
    name = new_id(noise)
    assert uploads.is_of(name, noise)
    assert uploads.is_of(name, vit_core.open_image(uploads.png(noise)))  # as it comes back from a browser
    other = noise.copy()
    other.putpixel((3, 4), (1, 2, 3))
    assert not uploads.is_of(name, other)
    assert not [wrong for wrong in ("upload-", "upload-12", f"{name}x", name[:-1] + "é", "") if uploads.is_id(wrong)]


def test_what_was_made_of_a_picture_goes_with_it() -> None:
    now, gone = 0.0, []
    kept = Kept(1 << 20, 3600, lambda: now)
    kept.dropped = gone.append
    first, second = upload(10), upload(10)
    kept.keep(first)
    kept.keep(second)
    kept.forget(second.id)
    assert gone == [second.id]
    now = 3600.0
    kept.let_go()
    assert gone == [second.id, first.id]


def test_an_hour_is_an_hour_though_the_clock_is_set(monkeypatch) -> None:
    kept, mine = Kept(1 << 20, 3600), upload(10)
    kept.keep(mine)
    for year in (1980, 2080):
        monkeypatch.setattr(time, "time", lambda year=year: (year - 1970) * 365.25 * 86_400)
        assert kept.find(mine.id) is mine


def test_a_picture_is_found_for_an_hour() -> None:
    now = 0.0
    kept, mine = Kept(1 << 20, 3600, lambda: now), upload(10)
    kept.keep(mine)
    now = 3599.0
    assert kept.find(mine.id) is mine
    now = 3600.0
    assert kept.find(mine.id) is None and kept.bytes == 0


def test_the_oldest_goes_when_there_is_no_room() -> None:
    kept = Kept(3 * 100 * 100 * 2, 3600)
    pictures = [upload(100) for _ in range(3)]
    for picture in pictures:
        kept.keep(picture)
    assert [kept.find(picture.id) for picture in pictures] == [None, *pictures[1:]]
    assert kept.bytes <= kept.bound
