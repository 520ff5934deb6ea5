"""Decoding, fitting and preprocessing, against pixels worked out by hand."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.support.files.image_files import BLUE, GREEN, QUADRANTS, RED, WHITE, chunk, encode, exif, grey16, grey_tiff, picture, pixels, png
from vit_core.images import fit, open_image


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
