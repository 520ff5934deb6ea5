"""Image files made by hand, byte by byte where Pillow would not write them so."""

import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vit_core.config import Preprocessing
from vit_core.images import open_image

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
