"""Arrays in steps: what comes back is as near as a step allows, and everything else of the payload is as it was."""

import json

import numpy as np
import pytest

from ui.kit.payload import pack
from ui.standalone.steps import BITS, in_steps, unpacked


def read(raw: np.ndarray, shape: tuple[int, ...], bits: int) -> np.ndarray:
    """The array that `kit/numbers/steps.js` reads, by the words of `steps`."""
    *lead, rows, columns = shape
    series = int(np.prod(lead, dtype=int)) * columns
    count = series * rows
    least, step = raw[: 8 * series].view(np.float32).reshape(2, series, 1).astype(float)
    planes = raw[8 * series :]
    counted = planes[:count].astype(np.uint32)
    if bits > 8:
        low = np.unpackbits(planes[2 * count :], bitorder="little")[: count * (bits - 16)].reshape(count, bits - 16)
        lowest = (low.astype(np.uint32) << np.arange(bits - 16, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
        counted = (counted << (bits - 8)) + (planes[count : 2 * count].astype(np.uint32) << (bits - 16)) + lowest
    values = least + step * counted.reshape(series, rows)
    return values.reshape(*lead, columns, rows).swapaxes(-1, -2)


@pytest.mark.parametrize("bits", [6, 8, 17, 19, BITS])
@pytest.mark.parametrize("shape", [(3, 5), (2, 7, 3), (2, 2, 1, 1), (1, 3, 4)])
def test_numbers_come_back_within_half_a_step(shape, bits) -> None:
    values = np.random.default_rng(4).normal(3, 2, shape).astype(np.float32)
    values[..., 0] = 1.7  # a column without a range
    other = np.arange(6, dtype=np.int32)
    whole = pack({"values": values, "other": other, "spare": other}, word="x")
    packed = in_steps(whole, {"values": bits, "absent": bits}, without=("spare",))
    length = int.from_bytes(packed[:4], "little")
    body = packed[4 + length :]
    header = json.loads(packed[4 : 4 + length])
    assert header["word"] == "x" and set(header["arrays"]) == {"values", "other"}
    row = header["arrays"]["values"]
    assert row["dtype"] == "steps" and tuple(row["shape"]) == shape
    found = read(np.frombuffer(body, np.uint8)[row["offset"] : header["arrays"]["other"]["offset"]], shape, row["bits"])
    step = np.ptp(values.astype(float), axis=-2, keepdims=True) / (2**bits - 1)
    assert (np.abs(found - values) <= 0.51 * step + 4e-7).all()
    assert header["arrays"]["other"]["dtype"] == "int32"


def test_what_half_precision_holds_exactly_travels_in_it() -> None:
    halves = np.random.default_rng(4).normal(0, 2, (5, 7)).astype(np.float16).astype(np.float32)
    halves[0, :2] = np.nan, -0.0
    whole = {"exact": halves, "not": halves + np.float32(1e-6), "large": np.full((2, 2), 1e6, np.float32), "painted": halves}
    header, arrays = unpacked(in_steps(pack({name: array for name, array in whole.items() if name != "painted"}), {"exact": BITS}))
    assert {name: row["dtype"] for name, row in header["arrays"].items()} == {"exact": "float16", "not": "float32", "large": "float32"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array.astype(np.float32), whole[name])
    packed = in_steps(pack({"painted": np.ones((2, 2), np.float16)}), {"painted": 8})
    assert json.loads(packed[4 : 4 + int.from_bytes(packed[:4], "little")])["arrays"]["painted"]["dtype"] == "steps"


def test_two_payloads_have_two_ids() -> None:
    ids = set()
    for value in (1.0, 2.0):
        packed = in_steps(pack({"a": np.full((2, 2), value, np.float32)}), {"a": BITS})
        length = int.from_bytes(packed[:4], "little")
        ids.add(json.loads(packed[4 : 4 + length])["id"])
    assert len(ids) == 2
