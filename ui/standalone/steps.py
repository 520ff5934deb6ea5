"""A payload made small enough to travel: arrays in half precision where that loses nothing, or in whole steps of each column.

Noise does not compress, and a float spends bits where a number is small that nothing printed from sums of such numbers ever shows. In
2^20 steps between a column's least and largest number, the error of a number is at most a millionth half of that range, where half
precision would err by a two-thousandth of the number.
"""

import hashlib
import json
from collections.abc import Collection, Mapping

import numpy as np

from ui.kit.payload import pack

HALF, BITS = 16, 20
"""Of half precision; of numbers that are printed, or that printed ones are made of."""


def unpacked(payload: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Header and arrays of what `ui.kit.payload.pack` has made."""
    length = int.from_bytes(payload[:4], "little")
    header, body = json.loads(payload[4 : 4 + length]), payload[4 + length :]
    arrays = {
        name: np.frombuffer(body, row["dtype"], int(np.prod(row["shape"])), row["offset"]).reshape(row["shape"])
        for name, row in header["arrays"].items()
    }
    return header, arrays


def halved(array: np.ndarray) -> np.ndarray:
    """In half precision, where every number is the same in it, as weights are that were kept so; otherwise as it is."""
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), array, equal_nan=True) else array


def in_steps(payload: bytes, names: Mapping[str, int], without: Collection[str] = ()) -> bytes:
    """The payload with these arrays, floats `[…, rows, columns]`, in steps of so many bits, and `without` those that the browser can
    compute. What half precision holds exactly travels in that.

    `kit/numbers/steps.js` reads steps.
    """
    header, whole = unpacked(payload)
    arrays = {name: array if names.get(name, BITS) < HALF else halved(array) for name, array in whole.items()}
    names = {name: bits for name, bits in names.items() if name in arrays and arrays[name].size and arrays[name] is whole[name]}
    kept = {name: steps(array, names[name]) if name in names else array for name, array in arrays.items() if name not in without}
    facts = {name: value for name, value in header.items() if name not in ("arrays", "id")}
    packed = pack(kept, **facts)
    length = int.from_bytes(packed[:4], "little")
    written = json.loads(packed[4 : 4 + length])
    for name, bits in names.items():
        written["arrays"][name] |= {"dtype": "steps", "shape": arrays[name].shape, "bits": max(8, bits)}
    written["id"] = hashlib.blake2b(payload, digest_size=8).hexdigest()
    text = json.dumps(written).encode()
    return len(text).to_bytes(4, "little") + text + packed[4 + length :]


def steps(array: np.ndarray, bits: int = BITS) -> np.ndarray:
    """The bytes of an array in steps of up to 8 or of 17 to 24 bits: every column's least number and step in float32; the numbers of steps,
    column by column, as their high eight bits, and, where there are more than eight, the eight below and the low ones packed one after
    the other, the lowest bit first.
    """
    columns = array.reshape(-1, *array.shape[-2:]).swapaxes(1, 2).astype(np.float64)  # [groups, columns, rows]
    least = columns.min(axis=2).astype(np.float32)
    step = ((columns.max(axis=2) - least) / (2**bits - 1)).astype(np.float32)
    counted = (columns - least[..., None]) / np.where(step == 0, 1, step)[..., None].astype(np.float64)
    whole = counted.round().clip(0, 2**bits - 1).astype(np.uint32).ravel()
    planes = [(whole >> max(0, bits - 8)).astype(np.uint8)]
    if bits > 8:
        low = (whole[:, None] >> np.arange(bits - 16)) & 1
        planes += [(whole >> (bits - 16) & 255).astype(np.uint8), np.packbits(low.astype(np.uint8).ravel(), bitorder="little")]
    return np.frombuffer(b"".join(part.tobytes() for part in (least, step, *planes)), np.uint8)
