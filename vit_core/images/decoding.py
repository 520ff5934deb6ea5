"""Decoding a picture from any file, safely: what cannot be one is refused with a sentence, and memory stays bounded."""

import os
import re
import stat
import struct
import warnings
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

ACCEPTED = {
    "JPEG": ("jpg", "jpeg"),
    "PNG": ("png",),
    "WebP": ("webp",),
    "GIF": ("gif",),
    "BMP": ("bmp",),
    "TIFF": ("tif", "tiff"),
}
"""The formats that `open_image` reads, each with its usual file extensions."""
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_ASPECT = 100
"""Longest side over shortest side."""

_NAMES = "JPEG, PNG, WebP, GIF, BMP or TIFF"
_AGAIN = "open it in another program, save it as JPEG or PNG, and try again"
_READERS: dict[str, Callable[[BytesIO], Image.Image]] = dict(
    zip(ACCEPTED, (JpegImageFile, PngImageFile, WebPImageFile, GifImageFile, BmpImageFile, TiffImageFile), strict=True)
)
_TURNS = ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")
_UPRIGHT = {orientation: Image.Transpose[turn] for orientation, turn in enumerate(_TURNS, start=2)}
_MEASUREMENTS = "Your TIFF file holds measurements rather than colours; save it with 8 or 16 bits a channel, unsigned, and try again."
_MAX_SCANS = 100  # a progressive JPEG has about ten; each empty one costs a byte or two and a pass over every pixel
_MAX_TAG_VALUES = 300_000  # 50 megapixels in the smallest TIFF tiles, 16×16, need 195,313 offsets
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_TIFF_TAGS = {*range(256, 260), 262, 266, 273, *range(277, 280), 284, 292, 293, 317, 320, *range(322, 326), 338, 339, 347, *range(529, 533)}
# None, packed bits, fax, LZW, JPEG, Deflate: the other codecs of a TIFF may ask for any amount of memory.
_TIFF_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}

# Pillow warns about tags and palettes that are odd but harmless; whoever opens a picture can do nothing about them.
warnings.filterwarnings("ignore", module=r"PIL\.")


class _Refusal(ValueError):
    """A reason meant for the person who chose the file, as opposed to whatever Pillow raises."""


def open_image(source: str | os.PathLike | bytes) -> Image.Image:
    """The picture in a file (its path) or in a file's bytes: RGB, upright, fully loaded, independent of the file.

    Transparency is laid over white, 16-bit grey is scaled to 8 bits, an animation gives its first frame. At most `MAX_BYTES` bytes,
    `MAX_PIXELS` pixels and a side ratio of `MAX_ASPECT`, checked before anything of that size is allocated. Colour profiles are
    ignored, as training pipelines do. Anything else raises ValueError with one plain sentence. Safe to call from several threads.
    """
    data = source if isinstance(source, bytes) else _read(os.fspath(source))
    if len(data) > MAX_BYTES:
        raise _too_many_bytes(len(data))
    kind = _kind(data)
    try:
        pixels, orientation, options = _pixels_only(kind, data)
        image: Image.Image = _READERS[kind](BytesIO(pixels))
        _check_size(*image.size)
        image.load()
        image = _to_rgb(image, **options)
        if orientation in _UPRIGHT:
            image = image.transpose(_UPRIGHT[orientation])
    except _Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # a GIF frame larger than its screen
        raise ValueError("Your picture has far more than 50 megapixels, the limit; save a smaller copy and try again.") from error
    except MemoryError as error:
        raise ValueError("There is not enough memory to open your picture; choose a smaller one.") from error
    except Exception as error:  # damaged bytes reach every corner of a decoder: no list of what it may raise is complete
        raise ValueError(f"Your {kind} file is damaged, cut short or of a rare kind; {_AGAIN}.") from error
    image.info.clear()  # a stale orientation or transparency would be applied again when the picture is saved
    return image


def _read(path: str | bytes) -> bytes:
    name = repr(os.fsdecode(path))
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise _Refusal(f"{name} is a folder; give the path of a picture in it.")
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device may never end
            raise _Refusal(f"{name} is not a regular file; give the path of a picture.")
        if status.st_size > MAX_BYTES:
            raise _too_many_bytes(status.st_size)
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except _Refusal:
        raise
    except FileNotFoundError as error:
        raise ValueError(f"There is no file {name}; check its name and folder.") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"The file {name} cannot be read; check its name and that you may open it.") from error


def _kind(data: bytes) -> str:
    """The format that the first bytes announce, or a refusal that says what to do instead."""
    head, box = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower(), data[8:32]
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"BM"):
        return "BMP"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if not data:
        raise _Refusal(f"Your file is empty; choose a picture as {_NAMES}.")
    if data[4:8] == b"ftyp" and re.search(b"avif|avis", box):
        raise _Refusal(f"Your picture is an AVIF file, which cannot be read here; {_AGAIN}.")
    if data[4:8] == b"ftyp" and re.search(b"hei[cxms]|hevc|mif1|msf1", box):
        raise _Refusal(f"Your picture is a HEIC file (HEIF, as many phones take), which cannot be read here; {_AGAIN}.")
    if b"<svg" in head:
        raise _Refusal("Your file is an SVG drawing, which has no pixels of its own; export it as PNG and try again.")
    if head.startswith(b"%pdf"):
        raise _Refusal("Your file is a PDF document; save the picture or the page that you want as PNG or JPEG and try again.")
    raise _Refusal(f"Your file is not a picture that can be read here; choose one as {_NAMES}.")


def _too_many_bytes(count: int) -> _Refusal:
    return _Refusal(f"Your file has {count:,} bytes and the limit is {MAX_BYTES:,} (20 MB); save a smaller copy and try again.")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _Refusal(f"Your picture has {width:,}×{height:,} pixels and the limit is 50 megapixels; save a smaller copy and try again.")
    if max(width, height) > MAX_ASPECT * min(width, height) > 0:
        raise _Refusal(f"Your picture is {width:,}×{height:,} pixels, a side over {MAX_ASPECT} times the other; crop it and try again.")


def _pixels_only(kind: str, data: bytes) -> tuple[bytes, int, dict]:
    """The file without what is not pixels, its EXIF orientation (1 if none), and options for `_to_rgb`.

    Tags, text, profiles and previews are where small files make decoders allocate or warn; Pillow never gets to see them.
    """
    strip = {"JPEG": _strip_jpeg, "PNG": _strip_png, "WebP": _strip_webp, "TIFF": _strip_tiff}.get(kind)
    return strip(data) if strip else (data, 1, {})


def _strip_jpeg(data: bytes) -> tuple[bytes, int, dict]:
    kept, exif, at = [data[:2]], b"", 2
    while (at := data.find(b"\xff", at)) >= 0:
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # padding, and markers without a segment
            at += 1
            continue
        if marker == 0xDA:  # the first scan: from here on, all is pixels up to the end-of-image marker
            break
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            exif = exif or data[at + 10 : end]
        if marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):  # JFIF and Adobe decide on the colours
            kept.append(data[at:end])
        at = end
    stop = data.find(b"\xff\xd9", at)
    scans = data[at : stop + 2 if stop > 0 else len(data)]
    if at < 0 or scans.count(b"\xff\xda") > _MAX_SCANS:
        raise ValueError("no scan, or far more scans than any encoder writes")
    return b"".join([*kept, scans]), _orientation(exif), {}


def _strip_png(data: bytes) -> tuple[bytes, int, dict]:
    kept, exif, at = [data[:8]], b"", 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name in _PNG_CHUNKS:
            kept.append(data[at:end])
        elif name == b"eXIf":
            exif = data[at + 8 : end - 4]
        at = end
    return b"".join(kept), _orientation(exif), {"png_depth": data[24]}


def _strip_webp(data: bytes) -> tuple[bytes, int, dict]:
    """Unlike the other decoders, this one allocates its canvas when it opens the file: the size is read here, first."""
    first, exif, at = data[12:16], b"", 12
    if first == b"VP8X":
        width, height = (int.from_bytes(data[i : i + 3], "little") + 1 for i in (24, 27))
    elif first == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    _check_size(width, height)
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"EXIF":
            exif = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return data, _orientation(exif), {}


def _strip_tiff(data: bytes) -> tuple[bytes, int, dict]:
    """The file with a new directory at its end that holds the tags of the first image's pixels and nothing else."""
    order, entries = _directory(data)
    width, height, tile_width, tile_height = (_value(data, order, entries, tag, 0) for tag in (256, 257, 322, 323))
    bits, photometric, samples = (_value(data, order, entries, tag, 1) for tag in (258, 262, 277))
    _check_size(width, height)
    if bits > 16 or _value(data, order, entries, 339, 1) == 3:
        raise _Refusal(_MEASUREMENTS)
    if _value(data, order, entries, 259, 1) not in _TIFF_COMPRESSIONS:
        raise _Refusal(f"Your TIFF file is compressed in a way that cannot be read here; {_AGAIN}.")
    # A tile is decoded whole, however small the image that it covers.
    if samples > 6 or tile_width * tile_height > width * height + 2**22:
        raise ValueError("more samples or larger tiles than any encoder writes")
    kept = [entries[tag] for tag in sorted(_TIFF_TAGS & entries.keys())]
    if any(struct.unpack_from(order + "I", entry, 4)[0] > _MAX_TAG_VALUES for entry in kept):
        raise ValueError("more values in a tag than any encoder writes")
    data += b"\0" * (len(data) % 2)
    directory = struct.pack(order + "H", len(kept)) + b"".join(kept) + bytes(4)
    orientation = _value(data, order, entries, 274, 1)
    options = {"tiff_levels": 2**bits - 1, "inverted": photometric == 0}
    return data[:4] + struct.pack(order + "I", len(data)) + data[8:] + directory, orientation, options


def _directory(tiff: bytes) -> tuple[str, dict[int, bytes]]:
    """Byte order and first directory of a TIFF or EXIF block: tag -> the 12 bytes of its entry. The first of a repeated tag counts."""
    order = {b"II*\0": "<", b"MM\0*": ">"}[tiff[:4]]
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, start)
    entries = [tiff[at : at + 12] for at in range(start + 2, start + 2 + 12 * count, 12)]
    return order, {struct.unpack_from(order + "H", entry)[0]: entry for entry in reversed(entries)}


def _value(tiff: bytes, order: str, entries: dict[int, bytes], tag: int, default: int) -> int:
    """The first whole number that a tag holds."""
    if tag not in entries:
        return default
    kind, count = struct.unpack_from(order + "HI", entries[tag], 2)
    code = order + {1: "B", 3: "H", 4: "I"}[kind]
    if count * struct.calcsize(code) <= 4:
        return struct.unpack_from(code, entries[tag], 8)[0]
    return struct.unpack_from(code, tiff, struct.unpack_from(order + "I", entries[tag], 8)[0])[0]


def _orientation(exif: bytes) -> int:
    """1 to 8; a block that is damaged or says something else counts as upright, because the picture itself may be sound."""
    exif = exif.removeprefix(b"Exif\0\0")
    try:
        return _value(exif, *_directory(exif), 274, 1)
    except (KeyError, struct.error):
        return 1


def _to_rgb(image: Image.Image, png_depth: int = 8, tiff_levels: int = 65535, inverted: bool = False) -> Image.Image:
    """8-bit RGB of a loaded file. `png_depth` are the bits of a PNG's samples, the other two describe the grey levels of a TIFF."""
    transparent = image.info.get("transparency")
    if image.mode in ("I", "F"):
        raise _Refusal(_MEASUREMENTS)
    if image.mode.startswith("I;16"):
        levels = np.asarray(image)
        table = (np.arange(65536) * (255 / tiff_levels) + 0.5).clip(0, 255).astype(np.uint8)
        grey = (table[::-1] if inverted else table)[levels]
        if transparent is not None:
            grey[levels == transparent] = 255
        return Image.fromarray(grey).convert("RGB")
    # Pillow scales the samples of a PNG to 8 bits, but not the one colour that the file calls transparent.
    if image.mode == "L" and isinstance(transparent, int) and png_depth < 8:
        image.info["transparency"] = transparent * 255 // (2**png_depth - 1)
    if image.mode == "RGB" and transparent is not None and png_depth == 16:
        image.info["transparency"] = tuple(sample >> 8 for sample in transparent)
    return over_white(image)


def over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, (255, 255, 255))
    canvas.paste(image, mask=image)
    return canvas
