"""Decoding, fitting and preprocessing, against pixels worked out by hand."""

import inspect
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from vit_core.config import Preprocessing, ViTConfig
from vit_core.images import ACCEPTED, MAX_BYTES, MAX_PIXELS, fit, open_image, preprocess, to_image, to_tensor

ROOT = Path(__file__).parents[3]
GALLERY = ROOT / "assets" / "images"
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
PLAIN = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def encode(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def pixels(image: Image.Image) -> list[list[tuple[int, ...]]]:
    return [[image.getpixel((x, y)) for x in range(image.width)] for y in range(image.height)]


def picture(rows) -> Image.Image:
    return Image.fromarray(np.array(rows, dtype=np.uint8))


def grey16(rows) -> Image.Image:
    return Image.fromarray(np.array(rows, dtype=np.uint16))


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[274] = orientation
    return tags.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff(tags: dict[int, tuple[str, int | list[int]]], data: bytes = b"", order: str = "<") -> bytes:
    """A TIFF whose pixels start at byte 8. A tag is its type (B, H or I) and its value or values."""
    values, entries = bytearray(), []
    start = 8 + len(data) + len(data) % 2
    for tag, (code, value) in sorted(tags.items()):
        numbers = value if isinstance(value, list) else [value]
        body = struct.pack(order + code * len(numbers), *numbers)
        if len(body) > 4:
            body, offset = struct.pack(order + "I", start + len(values)), body
            values += offset + b"\0" * (len(offset) % 2)
        entries.append(struct.pack(order + "HHI", tag, {"B": 1, "H": 3, "I": 4}[code], len(numbers)) + body.ljust(4, b"\0"))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start + len(values))
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return head + data + b"\0" * (len(data) % 2) + bytes(values) + directory


def grey_tiff(width: int, height: int, bits: int, data: bytes, order: str = "<", **changes) -> bytes:
    tags = {256: ("I", width), 257: ("I", height), 258: ("H", bits), 259: ("H", 1), 262: ("H", 1), 273: ("I", 8), 277: ("H", 1)}
    tags |= {278: ("I", height), 279: ("I", len(data))}
    return tiff(tags | {int(tag[1:]): value for tag, value in changes.items()}, data, order)


def refusal(source) -> str:
    with pytest.raises(ValueError) as caught:
        open_image(source)
    message = str(caught.value)
    assert re.fullmatch(r"[^\n]+\.", message) and ". " not in message, "a refusal is one sentence"
    return message


# What is accepted

QUADRANTS = [[RED, GREEN, BLUE], [WHITE, (0, 0, 0), (90, 60, 30)]]


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        *[("TIFF", {"compression": name}) for name in ("packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate")],
    ],
)
def test_lossless_formats_give_every_pixel(form, options):
    image = open_image(encode(picture(QUADRANTS), form, **options))
    assert type(image) is Image.Image and image.mode == "RGB" and image.info == {}
    assert pixels(image) == QUADRANTS


@pytest.mark.parametrize(
    ("form", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("TIFF", {"compression": "jpeg"})]
)
def test_lossy_formats_come_close(form, options):
    image = open_image(encode(Image.new("RGB", (40, 30), (200, 100, 50)), form, quality=95, **options))
    assert image.mode == "RGB" and image.size == (40, 30)
    assert np.abs(np.asarray(image, dtype=int) - (200, 100, 50)).max() <= 4


def test_source_may_be_bytes_a_string_or_a_path(tmp_path):
    file = tmp_path / "picture.of.mine"  # the name says nothing about the format
    file.write_bytes(encode(picture(QUADRANTS), "PNG"))
    for source in (file.read_bytes(), str(file), file):
        assert pixels(open_image(source)) == QUADRANTS


# Rows of a 2 wide, 3 high picture as the eye shall see it, and what a camera stores under each orientation.
UPRIGHT = [[1, 2], [3, 4], [5, 6]]
STORED = {
    1: [[1, 2], [3, 4], [5, 6]],
    2: [[2, 1], [4, 3], [6, 5]],
    3: [[6, 5], [4, 3], [2, 1]],
    4: [[5, 6], [3, 4], [1, 2]],
    5: [[1, 3, 5], [2, 4, 6]],
    6: [[2, 4, 6], [1, 3, 5]],
    7: [[6, 4, 2], [5, 3, 1]],
    8: [[5, 3, 1], [6, 4, 2]],
}


def levels(image: Image.Image, step: int) -> list[list[int]]:
    return np.rint(np.asarray(image)[::step, ::step, 0] / 40).astype(int).tolist()


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_turned_upright(orientation):
    stored = np.array(STORED[orientation], dtype=np.uint8) * 40
    for form in ("PNG", "WEBP"):
        options = {"lossless": True} if form == "WEBP" else {}
        data = encode(Image.fromarray(stored).convert("RGB"), form, exif=exif(orientation), **options)
        assert levels(open_image(data), 1) == UPRIGHT
    for compression in (None, "tiff_lzw"):
        data = encode(Image.fromarray(stored), "TIFF", tiffinfo={274: orientation}, compression=compression)
        assert levels(open_image(data), 1) == UPRIGHT
    blocks = Image.fromarray(stored.repeat(8, 0).repeat(8, 1))
    assert levels(open_image(encode(blocks, "JPEG", exif=exif(orientation), quality=95)), 8) == UPRIGHT


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_counts_as_upright(orientation):
    stored = Image.fromarray(np.array(UPRIGHT, dtype=np.uint8) * 40)
    assert levels(open_image(encode(stored, "PNG", exif=exif(orientation))), 1) == UPRIGHT


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", exif(6)[6:20], b"nonsense" * 20])
def test_damaged_exif_does_not_cost_the_picture(block):
    assert open_image(encode(Image.new("RGB", (40, 20)), "JPEG", exif=b"Exif\0\0" + block)).size == (40, 20)
    assert open_image(png(1, 1, 8, 0, b"\0\x28", chunk(b"eXIf", block))).size == (1, 1)


def test_alpha_is_laid_over_white():
    rgba = picture([[(255, 0, 0, 255), (255, 0, 0, 0), (255, 0, 0, 128)]])
    for form, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        assert pixels(open_image(encode(rgba, form, **options))) == [[RED, WHITE, (255, 127, 127)]]  # 255 - 128 of white
    grey = Image.fromarray(np.array([[[0, 255], [0, 0], [100, 51]]], dtype=np.uint8))
    assert grey.mode == "LA"
    assert [p[0] for p in pixels(open_image(encode(grey, "PNG")))[0]] == [0, 255, 224]  # 100 * 51/255 + 255 * 204/255


def test_palette_and_its_transparency():
    palette = Image.new("P", (3, 1))
    palette.putpalette([*RED, *GREEN, *BLUE])
    palette.putdata([0, 1, 2])
    for form in ("PNG", "GIF", "BMP", "TIFF"):
        assert pixels(open_image(encode(palette, form))) == [[RED, GREEN, BLUE]]
    for form in ("PNG", "GIF"):
        assert pixels(open_image(encode(palette, form, transparency=1))) == [[RED, WHITE, BLUE]]
    assert pixels(open_image(encode(palette, "PNG", transparency=bytes([255, 0, 51])))) == [[RED, WHITE, (204, 204, 255)]]


def test_one_transparent_colour_without_a_palette():
    assert pixels(open_image(encode(picture([[RED, GREEN]]), "PNG", transparency=RED))) == [[WHITE, GREEN]]
    assert pixels(open_image(encode(Image.fromarray(np.array([[7, 8]], dtype=np.uint8)), "PNG", transparency=7))) == [[WHITE, (8, 8, 8)]]
    # Two bits a sample, levels 0 1 2 3, and level 1 is transparent.
    assert [p[0] for p in pixels(open_image(png(4, 1, 2, 0, b"\0\x1b", chunk(b"tRNS", b"\0\x01"))))[0]] == [0, 255, 170, 255]
    # 16 bits a channel: (0x1234, 0, 0) is transparent, (0xff00, 0, 0) is not.
    rows = b"\0" + struct.pack(">6H", 0x1234, 0, 0, 0xFF00, 0, 0)
    assert pixels(open_image(png(2, 1, 16, 2, rows, chunk(b"tRNS", struct.pack(">3H", 0x1234, 0, 0))))) == [[WHITE, RED]]
    rows = b"\0" + struct.pack(">2H", 0x1234, 0)
    assert pixels(open_image(png(2, 1, 16, 0, rows, chunk(b"tRNS", struct.pack(">H", 0x1234))))) == [[WHITE, (0, 0, 0)]]


def test_sixteen_bits_are_scaled_and_not_clipped():
    wide, narrow = [0, 257, 300, 25700, 65535], [0, 1, 1, 100, 255]  # 300 / 257 = 1.17
    for form, options in (("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})):
        assert [p[0] for p in pixels(open_image(encode(grey16([wide]), form, **options)))[0]] == narrow
    big_endian = grey_tiff(5, 1, 16, struct.pack(">5H", *wide), order=">")
    assert [p[0] for p in pixels(open_image(big_endian))[0]] == narrow
    white_is_zero = grey_tiff(5, 1, 16, struct.pack("<5H", *wide), _262=("H", 0))
    assert [p[0] for p in pixels(open_image(white_is_zero))[0]] == [255 - level for level in narrow]
    twelve_bits = grey_tiff(2, 1, 12, bytes([0xFF, 0xF0, 0x00]))
    assert [p[0] for p in pixels(open_image(twelve_bits))[0]] == [255, 0]
    colour = png(2, 1, 16, 2, b"\0" + struct.pack(">6H", 65535, 0, 32768, 0, 257, 65535))
    assert pixels(open_image(colour)) == [[(255, 0, 128), (0, 1, 255)]]


def test_compressed_big_endian_sixteen_bits():
    wide = struct.pack(">4H", 0, 257, 25700, 65535)
    data = grey_tiff(4, 1, 16, zlib.compress(wide), order=">", _259=("H", 8))
    assert [p[0] for p in pixels(open_image(data))[0]] == [0, 1, 100, 255]


def test_one_bit_and_grey():
    for form in ("PNG", "BMP", "TIFF", "GIF"):
        assert pixels(open_image(encode(Image.fromarray(np.array([[True, False]])), form))) == [[WHITE, (0, 0, 0)]]
        assert pixels(open_image(encode(Image.fromarray(np.array([[7, 200]], dtype=np.uint8)), form))) == [[(7, 7, 7), (200, 200, 200)]]
    assert pixels(open_image(encode(Image.fromarray(np.array([[True, False]])), "TIFF", compression="group4"))) == [[WHITE, (0, 0, 0)]]


def test_cmyk():
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow on paper: red
    assert pixels(open_image(encode(inks, "TIFF")))[0][0] == RED
    red = open_image(encode(inks, "JPEG", quality=95)).getpixel((8, 8))
    assert np.abs(np.subtract(red, RED)).max() <= 4


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, GREEN, BLUE)]
    for form, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})):
        image = open_image(encode(frames[0], form, save_all=True, append_images=frames[1:], **options))
        assert pixels(image)[0][0] == RED and image.size == (8, 8)


def test_metadata_that_pillow_would_stumble_over_is_not_shown_to_it():
    rows = b"\0\x28"
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2_000_000)))
    broken = chunk(b"iCCP", b"name\0\x07")
    animation = chunk(b"acTL", bytes(8)) + chunk(b"fcTL", b"")
    for extra in (bomb, broken, animation):
        assert pixels(open_image(png(1, 1, 8, 0, rows, extra))) == [[(40, 40, 40)]]


def test_a_jpeg_may_carry_padding_previews_and_a_tail():
    plain = encode(Image.new("RGB", (16, 8), (200, 100, 50)), "JPEG")
    preview = b"\xff\xe2" + struct.pack(">H", 2 + len(plain)) + plain
    image = open_image(plain[:2] + b"\xff\xff\x00" + preview + plain[2:] + b"\0\0\0 ftypmp4" + b"\xff\xda" * 1000)
    assert pixels(image) == pixels(open_image(plain))


def test_a_single_pixel_can_be_enlarged():
    image = open_image(encode(Image.new("RGB", (1, 1), (10, 20, 30)), "PNG"))
    for how in ("crop", "pad", "stretch"):
        assert pixels(fit(image, (3, 3), how)) == [[(10, 20, 30)] * 3] * 3


# What is refused


def test_not_a_picture():
    for data in (b"hello", b"\0", b"<!doctype html><html></html>", b"MZ" + bytes(500), b"BLP1" + bytes(500), b"%!PS-Adobe-3.0 EPSF-3.0\n"):
        assert refusal(data) == "Your file is not a picture that can be read here; choose one as JPEG, PNG, WebP, GIF, BMP or TIFF."
    assert refusal(b"") == "Your file is empty; choose a picture as JPEG, PNG, WebP, GIF, BMP or TIFF."
    assert set(ACCEPTED) == {"JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF"}


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "Your picture is an AVIF file,"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "Your picture is an AVIF file,"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "Your picture is a HEIC file "),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "Your picture is a HEIC file "),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "Your file is not a picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "Your file is an SVG drawing,"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg/>', "Your file is an SVG drawing,"),
        (b"%PDF-1.7\n", "Your file is a PDF document;"),
    ],
)
def test_known_formats_are_named(data, start):
    message = refusal(data)
    assert message.startswith(start)
    if "not a picture" not in start:
        assert "PNG" in message and message.endswith("try again.")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused(form, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    data = encode(noise, form)
    name = {"WEBP": "WebP"}.get(form, form)
    assert refusal(data[: int(len(data) * share)]) == (
        f"Your {name} file is damaged, cut short or of a rare kind; open it in another program, save it as JPEG or PNG, and try again."
    )


def test_too_many_bytes(tmp_path):
    message = "Your file has 20,000,001 bytes and the limit is 20,000,000 (20 MB); save a smaller copy and try again."
    padded = encode(picture(QUADRANTS), "PNG").ljust(MAX_BYTES + 1, b"\0")
    assert refusal(padded) == message
    assert pixels(open_image(padded[:-1])) == QUADRANTS
    file = tmp_path / "large.png"
    with open(file, "wb") as stream:  # a sparse file of a terabyte: reading it would fail
        stream.truncate(10**12)
    assert refusal(file).startswith("Your file has 1,000,000,000,000 bytes")


def test_too_many_pixels_and_extreme_shapes():
    for data in (png(60_000, 60_000, 8, 2, b""), png(2**31 - 1, 2**31 - 1, 8, 2, b"")):
        assert "pixels and the limit is 50 megapixels; save a smaller copy" in refusal(data)
    assert refusal(png(10_000, 5_001, 8, 2, b"")).startswith("Your picture has 10,000×5,001 pixels")
    assert "damaged" in refusal(png(10_000, 5_000, 8, 2, b"")) and MAX_PIXELS == 10_000 * 5_000
    assert refusal(encode(Image.new("L", (12_000, 40)), "PNG")) == (
        "Your picture is 12,000×40 pixels, a side over 100 times the other; crop it and try again."
    )
    assert open_image(encode(Image.new("L", (100, 1)), "PNG")).size == (100, 1)
    assert refusal(encode(Image.new("L", (1, 101)), "PNG")).startswith("Your picture is 1×101 pixels")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # pytest puts its own filters in place of the module's
def test_too_many_pixels_in_every_format():
    vp8x = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\x0f\x27\x00" + b"\x0f\x27\x00"
    vp8l = b"RIFF\x12\0\0\0WEBPVP8L\x05\0\0\0\x2f" + struct.pack("<I", 9_999 | 9_999 << 14) + b"\0"
    vp8 = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", 10_000, 10_000)
    gif = b"GIF89a" + struct.pack("<HH", 10_000, 10_000) + b"\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;"
    frame = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0%b\0\x02\x02\x44\x01\0;"  # on a screen of one pixel
    framed = frame % struct.pack("<HH", 10_000, 10_000)
    bmp = b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 10_000, 10_000, 1, 24, 0, 0, 0, 0, 0, 0)
    jpeg = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 10_000, 10_000, 1) + b"\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0\xff\xd9"
    for data in (vp8x, vp8l, vp8, gif, framed, bmp, jpeg, grey_tiff(10_000, 10_000, 8, b"")):
        assert refusal(data).startswith("Your picture has 10,000×10,000 pixels and the limit is 50 megapixels")
    assert refusal(frame % struct.pack("<HH", 60_000, 60_000)).startswith("Your picture has far more than 50 megapixels")


def test_tiff_files_that_hold_something_else_than_colours():
    start = "Your TIFF file holds measurements rather than colours;"
    for mode in ("F", "I"):
        assert refusal(encode(Image.new(mode, (4, 4)), "TIFF")).startswith(start)
    assert refusal(grey_tiff(1, 1, 64, bytes(8))).startswith(start)
    assert refusal(grey_tiff(1, 1, 16, bytes(2), _339=("H", 2))).startswith(start)  # signed
    lzma = grey_tiff(1, 1, 8, b"\0", _259=("H", 34925))
    assert refusal(lzma).startswith("Your TIFF file is compressed in a way that cannot be read here;")


def test_tiff_directories_that_lie():
    huge_tile = {322: ("I", 40_000), 323: ("I", 40_000), 324: ("I", 8), 325: ("I", 9)}
    tags = {256: ("I", 16), 257: ("I", 16), 258: ("H", 8), 259: ("H", 8), 262: ("H", 1), 277: ("H", 1)}
    assert "damaged" in refusal(tiff(tags | huge_tile, zlib.compress(bytes(16))))
    assert "damaged" in refusal(tiff(tags | {273: ("I", [8] * 300_001)}, bytes(256)))
    assert "damaged" in refusal(grey_tiff(4, 4, 8, bytes(16), _277=("H", 60_000)))
    assert "damaged" in refusal(b"II*\0" + struct.pack("<I", 4_000_000_000))
    assert "damaged" in refusal(tiff({}, b""))


def test_a_jpeg_with_endless_scans_is_refused():
    data = encode(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert open_image(data[:-2] + scan * 50 + b"\xff\xd9").size == (64, 64)
    assert "damaged" in refusal(data[:-2] + scan * 100 + b"\xff\xd9")


def test_paths_that_lead_to_no_picture(tmp_path):
    assert refusal(tmp_path / "none.png") == f"There is no file {str(tmp_path / 'none.png')!r}; check its name and folder."
    assert refusal(str(tmp_path)) == f"{str(tmp_path)!r} is a folder; give the path of a picture in it."
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").endswith("is not a regular file; give the path of a picture.")
    assert refusal("/dev/zero").endswith("is not a regular file; give the path of a picture.")
    for name in ("a\0b.png", "x" * 5000, "", "two\nlines.png", tmp_path / "file" / "in a file"):
        (tmp_path / "file").touch()
        assert "check its name" in refusal(name)
    assert refusal(tmp_path / "file").startswith("Your file is empty")


def test_nothing_is_printed_or_warned():
    """In a fresh process, because pytest has its own warning filters; -W default shows all that the module does not silence itself."""
    program = """
import warnings, sys
from tests.unit.images.test_images import *
for data in (png(1, 1, 8, 0, b"\\0\\0", chunk(b"acTL", bytes(8))), grey_tiff(1, 1, 8, b"\\0", _277=("H", 60_000)),
             grey_tiff(4, 4, 8, b"\\0"), grey_tiff(1, 1, 8, b"\\0", _259=("H", [1, 1])), png(20_000, 10_000, 8, 2, b""),
             grey_tiff(4, 4, 8, b"\\0" * 16, _284=("H", [1, 1, 1])), encode(Image.new("RGB", (9, 9)), "JPEG", exif=b"Exif\\0\\0II*\\0zz")):
    try:
        open_image(data)
    except ValueError:
        pass
"""
    done = subprocess.run([sys.executable, "-W", "default", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "error", [OSError(), SyntaxError(), struct.error(), zlib.error(), EOFError(), RecursionError(), AssertionError(), SystemError()]
)
def test_whatever_a_decoder_raises_becomes_one_sentence(error, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    assert refusal(encode(picture(QUADRANTS), "BMP")).startswith("Your BMP file is damaged,")


def test_running_out_of_memory_is_said(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    assert refusal(encode(picture(QUADRANTS), "BMP")) == "There is not enough memory to open your picture; choose a smaller one."


def test_pillow_is_left_as_it_was():
    before = Image.MAX_IMAGE_PIXELS
    for data in (png(60_000, 60_000, 8, 2, b""), encode(picture(QUADRANTS), "GIF")):
        try:
            open_image(data)
        except ValueError:
            continue
    assert before == Image.MAX_IMAGE_PIXELS


def test_several_threads_at_once():
    files = [encode(Image.new("RGB", (50, 50), (shade, 0, 0)), form) for shade in range(0, 250, 10) for form in ("PNG", "BMP", "GIF")]
    seen: dict[int, list] = {}

    def work(index: int) -> None:
        seen[index] = [open_image(data).getpixel((25, 25)) for data in files]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [(shade, 0, 0) for shade in range(0, 250, 10) for _ in range(3)]
    assert all(seen[index] == expected for index in range(4))


# Fitting

STRIPES = picture([[RED, GREEN, GREEN, BLUE]] * 2)


def test_crop_keeps_the_centre():
    assert pixels(fit(STRIPES, (2, 2), "crop")) == [[GREEN, GREEN]] * 2
    tall = STRIPES.transpose(Image.Transpose.ROTATE_90)
    assert pixels(fit(tall, (2, 2))) == [[GREEN, GREEN]] * 2
    assert pixels(fit(STRIPES, (1, 1), "crop", "nearest")) == [[GREEN]]
    assert 21 - 97 / (97 / 21) < 0  # rounded: the cut would start outside the picture
    assert fit(Image.new("RGB", (21, 40)), (97, 97)).size == (97, 97)


def test_pad_keeps_everything_on_grey():
    grey = (128, 128, 128)
    assert pixels(fit(STRIPES, (4, 4), "pad")) == [[grey] * 4, *[[RED, GREEN, GREEN, BLUE]] * 2, [grey] * 4]
    assert pixels(fit(STRIPES, (2, 6), "pad")) == [[grey, RED, GREEN, GREEN, BLUE, grey]] * 2
    assert fit(Image.new("RGB", (400, 1)), (20, 20), "pad").getpixel((0, 9)) == (0, 0, 0)  # a hair is still there


def test_stretch_distorts():
    assert pixels(fit(STRIPES, (1, 8), "stretch", "nearest")) == [[RED, RED, GREEN, GREEN, GREEN, GREEN, BLUE, BLUE]]
    assert pixels(fit(STRIPES, (1, 2), "stretch", "bilinear"))[0][0] != RED


@pytest.mark.parametrize("how", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (224, 224), (97, 224), (1000, 3), (3, 1000)])
def test_every_shape_fits_every_size(how, size):
    for source in ((1, 1), (1, 100), (100, 1), (333, 777), (1023, 41)):
        image = fit(Image.new("RGB", source, (9, 8, 7)), size, how)
        assert image.size == size[::-1] and image.mode == "RGB"
        assert how == "pad" or set(image.get_flattened_data()) == {(9, 8, 7)}


def test_fit_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match=r"The image size must be at least 1 pixel each way; got 0×5\."):
        fit(STRIPES, (0, 5))
    with pytest.raises(ValueError, match=r'`how` must be "crop", "pad" or "stretch"; got "squeeze"\.'):
        inspect.unwrap(fit)(STRIPES, (5, 5), "squeeze")  # unwrapped: past the type check that the tests put around it


# Tensors


def test_to_tensor_by_hand():
    preprocessing = Preprocessing(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    tensor = to_tensor(picture([[(255, 0, 51), (0, 255, 255)]]), preprocessing)
    assert tensor.dtype == torch.float32
    # (1 - 0.5) / 0.5 = 1, (0 - 0.25) / 0.25 = -1, (0.2 - 0) / 2 = 0.1, and so on
    expected = torch.tensor([[[[1.0, -1.0]], [[-1.0, 3.0]], [[0.1, 0.5]]]])
    torch.testing.assert_close(tensor, expected)


def test_round_trip_gives_every_level_back():
    ramp = Image.fromarray(np.stack([np.arange(256).reshape(16, 16)] * 3, axis=-1).astype(np.uint8))
    for preprocessing in (PLAIN, Preprocessing(), Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3)):
        assert pixels(to_image(to_tensor(ramp, preprocessing), preprocessing)) == pixels(ramp)


def test_to_image_clamps_and_rounds():
    tensor = torch.tensor([-0.5, 1.5, 100.4 / 255, 100.6 / 255]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert [p[0] for p in pixels(to_image(tensor, PLAIN))[0]] == [0, 255, 100, 101]


def test_preprocess_uses_the_models_own_numbers():
    config = ViTConfig(
        embed_dim=8, depth=1, num_heads=1, mlp_hidden=8, num_classes=2, norm_eps=1e-6,
        preprocessing=Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="nearest"),
    )  # fmt: skip
    expected = torch.tensor([-1.0, 1.0, 1.0, -1.0]).view(1, 1, 4)
    for model in (config, SimpleNamespace(config=config)):
        tensor = preprocess(STRIPES, model, image_size=(1, 4), fit="stretch")
        torch.testing.assert_close(tensor[:, 1], expected)
    assert preprocess(STRIPES, config).shape == (1, 3, 224, 224)
    assert preprocess(STRIPES, config, 7, "pad").shape == (1, 3, 7, 7)
    assert preprocess(STRIPES.convert("RGBA"), config, 7).shape == (1, 3, 7, 7)


@pytest.mark.parametrize("size", [0, -3, (0, 4), (4, 0)])
def test_preprocess_refuses_an_empty_size(size):
    config = SimpleNamespace(preprocessing=PLAIN)
    with pytest.raises(ValueError, match="at least 1 pixel"):
        preprocess(STRIPES, config, image_size=size)


# The bundled pictures


def test_gallery_is_complete_and_credited():
    entries = json.loads((GALLERY / "gallery.json").read_text("utf-8"))
    credits_text = (GALLERY / "CREDITS.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|(.+)\|(.+)\|(.+)\|(.+)\|$", credits_text, flags=re.MULTILINE)
    files = {path.name for path in GALLERY.glob("*.jpg")}
    assert len(entries) >= 8 and len({entry["id"] for entry in entries}) == len(entries)
    assert {entry["file"] for entry in entries} == files == {row[0] for row in rows}
    assert all(re.search(r"CC0 1\.0|public domain", row[3]) for row in rows)
    for entry in entries:
        assert set(entry) == {"id", "file", "title", "alt"} and entry["file"] == entry["id"] + ".jpg"
        assert 30 <= len(entry["alt"]) <= 200 and entry["title"]
        image = open_image(GALLERY / entry["file"])
        assert max(image.size) <= 1024 and not Image.open(GALLERY / entry["file"]).getexif()
    assert sum(path.stat().st_size for path in GALLERY.iterdir()) < 3_000_000


def test_gallery_pictures_differ():
    small = [np.asarray(fit(open_image(path), (16, 16)), dtype=float) for path in sorted(GALLERY.glob("*.jpg"))]
    for index, one in enumerate(small):
        assert all(np.abs(one - other).mean() > 10 for other in small[:index])
