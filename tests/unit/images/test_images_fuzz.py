"""Whatever the bytes: a picture or a ValueError of one sentence, within a stated amount of memory.

The damaged files and the bombs are opened in a process of their own, so that its peak memory is theirs and a crash of a decoder shows.
"""

import json
import re
import resource
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support.files.damaged_images import MAGIC, bombs, corpus, damaged_files, encode
from vit_core.images import ACCEPTED, MAX_PIXELS, open_image

ROOT = Path(__file__).parents[3]
DAMAGED = 8_000


# The costliest picture within the limits is a WebP: its decoder holds three canvases of 4 bytes a pixel, Pillow another, our result one.
PEAK_AT_THE_LIMIT = 6 * 4 * MAX_PIXELS
PEAK_OF_A_REFUSAL = 120_000_000  # six copies of a file at the limit of 20 MB


def offence(data: bytes) -> str | None:
    """What `open_image` does wrong with `data`; None if it returns a picture, or raises a ValueError of one sentence."""
    try:
        image = open_image(data)
    except ValueError as error:
        return None if re.fullmatch(r"[^\n]+\.", str(error)) and ". " not in str(error) else f"message {error!r}"
    except BaseException as error:
        return repr(error)
    sound = type(image) is Image.Image and image.mode == "RGB" and 0 < image.width * image.height <= MAX_PIXELS
    return None if sound and len(image.getpixel((image.width - 1, image.height - 1))) == 3 else f"returned {image!r}"


def peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux has getrusage as well, but there a new process starts from the peak of the one that started it.
    return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])


def pictures_at_the_limit() -> dict[str, bytes]:
    """Few bytes, and as many pixels as allowed: the most that an accepted file can cost."""
    grey = Image.new("L", (7_000, 7_000))
    canvas = Image.new("RGBA", (7_000, 7_000), (9, 9, 9, 9))
    tags = Image.Exif()
    tags[274] = 6
    return {
        "PNG of 49 megapixels": encode(grey, "PNG"),
        "PNG with alpha, to be turned": encode(canvas, "PNG", exif=tags, compress_level=1),
        "PNG of 16 bits": encode(Image.fromarray(np.zeros((7_000, 7_000), dtype=np.uint16)), "PNG", compress_level=1),
        "progressive JPEG": encode(grey.convert("CMYK"), "JPEG", progressive=True, quality=10),
        "TIFF": encode(canvas, "TIFF", compression="tiff_adobe_deflate"),
        "WebP": encode(canvas, "WEBP", lossless=True, method=0, quality=0, exif=tags),
    }


def in_its_own_process(task: str, argument: str = ""):
    """What a `report_` function below prints, run in a fresh process."""
    program = f"from tests.unit.images import test_images_fuzz as t; t.{task}({argument!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, f"died with {done.returncode}: {done.stderr[-2000:]}"
    assert "Warning" not in done.stderr and "Traceback" not in done.stderr, done.stderr[-2000:]
    return json.loads(done.stdout)


def report_damaged(_: str) -> None:
    offences, pictures, before = [], Counter(), peak()
    for index, (form, data) in enumerate(damaged_files(DAMAGED)):
        wrong = offence(data)
        if wrong:
            offences.append(f"{form} number {index}: {wrong}")
    growth = peak() - before
    for form, data in damaged_files(DAMAGED // 4):
        try:
            open_image(data)
            pictures[form] += 1
        except ValueError:
            continue
    print(json.dumps({"offences": offences, "pictures": pictures, "growth": growth}))


def report_files(folder: str) -> None:
    """For each file: how it ended, and by how much it raised the peak."""
    open_image(encode(Image.new("RGB", (64, 64)), "PNG"))
    results = {}
    for path in sorted(Path(folder).iterdir()):
        before = peak()
        try:
            ended = list(open_image(path).size)
        except ValueError as error:
            ended = str(error)
        results[path.name] = [ended, peak() - before]
    print(json.dumps(results))


def report_allocation(_: str) -> None:
    before, held = peak(), np.ones(20_000_000)
    print(json.dumps(peak() - before if held.all() else 0))


def test_the_undamaged_files_open():
    files = corpus()
    assert set(files) == set(ACCEPTED)
    for form, group in files.items():
        for data in group:
            assert open_image(data).size in {(17, 12), (12, 17), (16, 16), (9, 4)}, form


def test_damaged_files_give_a_picture_or_one_sentence():
    result = in_its_own_process("report_damaged")
    assert result["offences"] == []
    # Neither all refused nor all accepted: the damage reaches the decoders of every format.
    assert all(20 < result["pictures"][form] < DAMAGED // 4 // len(ACCEPTED) - 20 for form in ACCEPTED), result["pictures"]
    assert result["growth"] < PEAK_AT_THE_LIMIT


def test_bombs_cost_next_to_nothing(tmp_path):
    files = bombs()
    for name, data in files.items():
        assert len(data) < 20_000_000, name
        (tmp_path / name).write_bytes(data)
    results = in_its_own_process("report_files", str(tmp_path))
    assert {name: growth for name, (_, growth) in results.items() if growth > PEAK_OF_A_REFUSAL} == {}
    for name in files:
        ended = results[name][0]
        harmless = {"PNG with a gigabyte of text": [1, 1], "PNG with a profile of 300 MB": [1, 1], "JPEG with 18 MB of EXIF": [8, 8]}
        if name in harmless:  # the trap is beside the pixels, which are sound
            assert ended == harmless[name]
        elif name != "PNG of one pixel with 300 MB of data":
            assert isinstance(ended, str) and ("megapixels" in ended or "damaged" in ended), (name, ended)


def test_pictures_at_the_limit_stay_within_the_stated_memory(tmp_path):
    files = pictures_at_the_limit()
    for name, data in files.items():
        assert len(data) < 3_000_000, name
        (tmp_path / name).write_bytes(data)
    results = in_its_own_process("report_files", str(tmp_path))
    assert {name: ended for name, (ended, _) in results.items()} == {name: [7_000, 7_000] for name in files}
    assert sum(growth for _, growth in results.values()) < PEAK_AT_THE_LIMIT


def test_the_watch_notices():
    """The measure itself: what it shall catch, it catches."""
    assert offence(b"no picture") is None and offence(corpus()["PNG"][0]) is None
    with pytest.MonkeyPatch.context() as patch:
        for wrong in (ValueError("Two. Sentences."), ValueError("no full stop"), ValueError("a line\nbreak."), OSError(), MemoryError()):
            patch.setitem(globals(), "open_image", lambda _, wrong=wrong: (_ for _ in ()).throw(wrong))
            assert offence(b"")
        patch.setitem(globals(), "open_image", lambda _: Image.new("L", (1, 1)))
        assert offence(b"")
    assert in_its_own_process("report_allocation") > PEAK_OF_A_REFUSAL


@pytest.mark.filterwarnings("ignore::UserWarning")  # pytest puts its own filters in place of the module's
@given(st.sampled_from(MAGIC), st.binary(max_size=400))
def test_any_bytes(magic, body):
    assert offence(magic + body) is None


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.lists(st.tuples(st.sampled_from([*range(254, 285), *range(316, 348), *range(529, 533)]), st.integers(0, 13), st.integers(0, 300),
                          st.sampled_from([*range(20), 255, 8000, 65535, 2**31, 2**32 - 1])), max_size=20))  # fmt: skip
def test_any_tiff_directory(entries):
    size = [(256, 4, 1, 16), (257, 4, 1, 16)]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted([*size, *entries]))
    data = b"II*\0" + struct.pack("<I", 264) + bytes(256) + struct.pack("<H", 2 + len(entries)) + packed + bytes(4)
    assert offence(data) is None
