"""Pictures damaged in every way that came to mind, from small valid ones of every format, and files that would cost much if believed."""

import random
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.support.files.image_files import chunk, encode
from vit_core.images import ACCEPTED

MAGIC = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"GIF89a", b"BM", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""]
INTERESTING = [0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 7071, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


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
