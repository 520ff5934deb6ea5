"""The directory of a zip file (.npz, .pth), checked before anything is unpacked: bounded, without overlaps, bombs or encryption."""

import struct
import zipfile
from pathlib import Path

from vit_core.checkpoints.files.weights import MAX_TENSORS, Unreadable, printable

MAX_DIRECTORY = 8 * 10**6
MAX_RATIO = 20
SLACK = 16 * 10**6
"""Members may unpack to at most `MAX_RATIO` times the file and `SLACK` bytes: weights hardly compress, zeros do."""
LOCAL_HEADER = 30


def open_zip(path: Path, size: int) -> zipfile.ZipFile:
    """The file, to be closed by the caller. Unreadable if it is no zip file, or one that is made to do harm."""
    check_end(path, size)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, struct.error):
        raise Unreadable("its directory is damaged") from None
    try:
        check_members(archive.infolist(), size)
    except Unreadable:
        archive.close()
        raise
    return archive


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """All bytes of a member; Unreadable if it is damaged."""
    try:
        return archive.read(member)
    except Exception:  # a damaged member fails in many ways: zlib, zipfile, names that are no text
        raise Unreadable(f"{printable(member.filename)} is damaged") from None


def check_end(path: Path, size: int) -> None:
    """Unreadable if there is no directory at the end, or a larger one than is read."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - 65_557, 0))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if start != b"PK\x03\x04" or at < 0 or len(tail) < at + 22:
        raise Unreadable("it is no zip file, or cut short")
    length = struct.unpack("<L", tail[at + 12 : at + 16])[0]
    if length == 0xFFFFFFFF:
        record = tail.rfind(b"PK\x06\x06", 0, at)
        if record < 0 or len(tail) < record + 48:
            raise Unreadable("its directory is damaged")
        length = struct.unpack("<Q", tail[record + 40 : record + 48])[0]
    if length > MAX_DIRECTORY:
        raise Unreadable(f"its directory has {length:,} bytes, and at most {MAX_DIRECTORY:,} are read")


def check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Unreadable unless every member lies in the file alone, is plain or deflated, and all together unpack to a size that weights can
    have."""
    if len(members) > MAX_TENSORS or len({member.filename for member in members}) != len(members):
        raise Unreadable(f"it has {len(members):,} members, some with the same name, or more than {MAX_TENSORS:,}")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("a member is encrypted, or packed by another method than deflate")
        if member.compress_type == zipfile.ZIP_STORED and member.compress_size != member.file_size:
            raise Unreadable("a member that is not packed has two sizes")
        if member.header_offset < end:
            raise Unreadable("its members overlap")
        end = member.header_offset + LOCAL_HEADER + member.compress_size
    if end > size:
        raise Unreadable("its members reach beyond its end")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_RATIO * size + SLACK:
        raise Unreadable(f"it unpacks to {unpacked:,} bytes, {unpacked // size:,} times its size")
