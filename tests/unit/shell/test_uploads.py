"""Pictures that people bring: how long and how many are kept, and under which ids."""

from PIL import Image

from ui.state.uploads import Kept, Upload, new_id


def upload(side: int) -> Upload:
    return Upload(new_id(), "mine.png", Image.new("RGB", (side, side)))


def test_ids_cannot_be_guessed() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000 and all(name.startswith("upload-") and len(name) == 7 + 22 for name in ids)


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
