"""Whatever the bytes: a picture or a ValueError of one sentence, within a stated amount of memory.

The damaged files and the bombs are opened in a process of their own, so that its peak memory is theirs and a crash of a decoder shows.
"""

import io
import json
import random
import re
import resource
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vit_core.images import ACCEPTED, MAX_PIXELS, open_image

ROOT = Path(__file__).parents[3]
DAMAGED = 8_000
# The costliest picture within the limits is a WebP: its decoder holds three canvases of 4 bytes a pixel, Pillow another, our result one.
PEAK_AT_THE_LIMIT = 6 * 4 * MAX_PIXELS
PEAK_OF_A_REFUSAL = 120_000_000  # six copies of a file at the limit of 20 MB
MAGIC = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"GIF89a", b"BM", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""]
INTERESTING = [0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 7071, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def encode(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def corpus() -> dict[str, list[bytes]]:
    """Small valid files of every format, in as many of its variants as Pillow can write."""
    rng = np.random.default_rng(0)
    rgba = Image.fromarray(rng.integers(0, 256, (12, 17, 4), dtype=np.uint8))
    rgb, grey, palette, inks = rgba.convert("RGB"), rgba.convert("L"), rgba.convert("RGB").convert("P"), rgba.convert("CMYK")
    wide = Image.fromarray(rng.integers(0, 65536, (12, 17), dtype=np.uint16))
    bits, frames = grey.convert("1"), {"save_all": True, "append_images": [rgb, grey.convert("RGB")]}
    tags = Image.Exif()
    tags[274], tags[305], tags[282] = 6, "a program", 72.0
    compressions = ("packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg")
    return {
        "JPEG": [
            encode(rgb, "JPEG", exif=tags), encode(rgb, "JPEG", progressive=True, dpi=(72, 72)), encode(grey, "JPEG", comment=b"x" * 20),
            encode(inks, "JPEG"), encode(rgb, "MPO", save_all=True, append_images=[rgb]),
        ],
        "PNG": [
            *(encode(image, "PNG") for image in (rgb, rgba, grey, wide, bits)), encode(rgb, "PNG", exif=tags, icc_profile=b"x" * 200),
            encode(palette, "PNG", transparency=bytes(range(256))), encode(grey, "PNG", transparency=9), encode(rgb, "PNG", **frames),
        ],
        "WebP": [encode(rgba, "WEBP"), encode(rgb, "WEBP", exif=tags), encode(rgba, "WEBP", lossless=True), encode(rgb, "WEBP", **frames)],
        "GIF": [encode(palette, "GIF"), encode(palette, "GIF", transparency=3, comment=b"x" * 300), encode(rgb, "GIF", **frames)],
        "BMP": [*(encode(image, "BMP") for image in (rgb, rgba, grey, palette, bits)), run_length_bmp()],
        "TIFF": [
            *(encode(image, "TIFF") for image in (rgb, rgba, grey, palette, inks, wide, bits)),
            *(encode(rgb, "TIFF", compression=name, tiffinfo=tags) for name in compressions),
            encode(bits, "TIFF", compression="group4"), encode(rgb, "TIFF", **frames), big_endian_tiff(True), big_endian_tiff(False),
        ],
    }  # fmt: skip


def run_length_bmp() -> bytes:
    rows = b"\x05\x01\0\x04\1\2\3\4\0\0" * 4 + b"\0\1"
    palette = bytes(range(16)) * 4
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 70 + len(rows), 0, 118, 40, 9, 4, 1, 8, 1, len(rows), 0, 0, 16, 0) + palette + rows


def big_endian_tiff(tiled: bool, side: int = 16, tile: int = 16, body: bytes | None = None) -> bytes:
    body = zlib.compress(bytes(tile * tile)) if body is None else body
    tags = [(256, side), (257, side), (258, 8), (259, 8), (262, 1)]
    tags += [(322, tile), (323, tile), (324, 8), (325, len(body))] if tiled else [(273, 8), (278, side), (279, len(body))]
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags)
    return b"MM\0*" + struct.pack(">I", 8 + len(body)) + body + struct.pack(">H", len(tags)) + entries + bytes(4)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose checksums are right again, so that the damage gets past them."""
    out, at = [data[:8]], 8
    while at + 12 <= len(data):
        length = min(struct.unpack_from(">I", data, at)[0], len(data) - at - 12)
        out.append(chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(out)


def damage(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """One to four wounds: bits flipped, bytes lost, doubled or taken from another file, or a number that lies."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        # Half of the wounds hit the first bytes, where the headers are; TIFF keeps them at the end.
        at = rng.randrange(max(len(out), 1)) if rng.random() < 0.5 else rng.randrange(max(min(len(out), 64), 1))
        if data[:2] in (b"II", b"MM") and rng.random() < 0.6:
            at = max(len(out) - rng.randrange(1, 200), 0)
        how = rng.randrange(8)
        if how < 2:
            for place in (at, *(rng.randrange(max(len(out), 1)) for _ in range(rng.choice((0, 0, 3, 20))))):
                out[place : place + 1] = bytes([(out[place] if place < len(out) else 0) ^ 1 << rng.randrange(8)])
        elif how < 4:
            code = rng.choice(("<H", ">H", "<I", ">I", "B"))
            number = rng.choice(INTERESTING) & (1 << 8 * struct.calcsize(code)) - 1
            out[at : at + struct.calcsize(code)] = struct.pack(code, number)
        elif how == 4:
            del out[at:]
        elif how == 5:
            del out[at : at + rng.randrange(1, 40)]
        elif how == 6:
            out[at:at] = out[at : at + rng.randrange(1, 200)] * rng.choice((1, 1, 30))
        else:
            start = rng.randrange(len(other))
            out[at : at + rng.choice((0, 50))] = other[start : start + rng.randrange(1, 300)]
    return with_checksums(bytes(out)) if data.startswith(b"\x89PNG") and rng.random() < 0.7 else bytes(out)


def damaged_files(count: int) -> Iterator[tuple[str, bytes]]:
    rng, files = random.Random(20), corpus()
    everything = [data for group in files.values() for data in group]
    for index in range(count):
        form = list(ACCEPTED)[index % len(ACCEPTED)]
        yield form, damage(rng, rng.choice(files[form]), rng.choice(everything))


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


def tags_that_share_their_values() -> bytes:
    """4,000 tags that all point at the same 10 MB: 40 GB, if each is read."""
    entries = b"".join(struct.pack("<HHII", tag, 1, 10_000_000, 8) for tag in range(1000, 5000))
    return b"II*\0" + struct.pack("<I", 10_000_008) + bytes(10_000_000) + struct.pack("<H", 4000) + entries + bytes(4)


def bombs() -> dict[str, bytes]:
    """Files within the limit of bytes that would take gigabytes if their headers were believed or their compression undone."""
    head = b"\x89PNG\r\n\x1a\n"
    real = encode(Image.new("L", (7_200, 7_100)), "PNG")
    one = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    megabyte = zlib.compress(bytes(1_000_000))
    text = b"".join(chunk(b"zTXt", b"%d\0\0" % index + megabyte) for index in range(1_000))
    jpeg = encode(Image.new("RGB", (8, 8)), "JPEG")
    exif = b"MM\0*\0\0\0\x08" + struct.pack(">H", 5_000) + b"".join(struct.pack(">HHII", 282 + i, 5, 7_000, 8) for i in range(5_000))
    segments = b"".join(b"\xff\xe1\xff\xff" + (b"Exif\0\0" + exif)[:65_533].ljust(65_533, b"\0") for _ in range(280))
    canvas = struct.pack("<I", 0x10) + (16_383).to_bytes(3, "little") * 2
    return {
        "PNG of 60000x60000": head + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)) + pixel,
        "PNG of 51 megapixels": real,
        "PNG with a gigabyte of text": head + one + text + pixel,
        "PNG with a profile of 300 MB": head + one + chunk(b"iCCP", b"n\0\0" + zlib.compress(bytes(3 * 10**8), 1)) + pixel,
        "PNG of one pixel with 300 MB of data": head + one + chunk(b"IDAT", zlib.compress(bytes(3 * 10**8), 1)) + chunk(b"IEND", b""),
        "TIFF with a tile of a gigapixel": big_endian_tiff(True, 16, 32_000, zlib.compress(bytes(10**8), 1)),
        "TIFF of 60000x60000": big_endian_tiff(False, 60_000),
        "TIFF whose tags share 10 MB": tags_that_share_their_values(),
        "JPEG with 18 MB of EXIF": jpeg[:2] + segments + jpeg[2:],
        "JPEG of 65500x65500": jpeg.replace(struct.pack(">BHH", 8, 8, 8), struct.pack(">BHH", 8, 65_500, 65_500)),
        "WebP canvas of 16383x16383": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + canvas,
        "GIF screen of 65535x65535": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;",
        "BMP of 30000x30000": run_length_bmp()[:18] + struct.pack("<ii", 30_000, 30_000) + run_length_bmp()[26:],
    }


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
    program = f"from tests.unit import test_images_fuzz as t; t.{task}({argument!r})"
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
