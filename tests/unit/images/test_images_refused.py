"""What is no picture, or too large or damaged a one, is refused with one plain sentence."""

import os
import struct
import subprocess
import sys
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.support.files.image_files import QUADRANTS, ROOT, encode, grey_tiff, picture, pixels, png, refusal, tiff
from vit_core.images import ACCEPTED, MAX_BYTES, MAX_PIXELS, open_image

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
from PIL import Image
from tests.support.files.image_files import chunk, encode, grey_tiff, png
from vit_core.images import open_image
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
