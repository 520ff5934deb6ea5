"""Payloads that come back as they were packed."""

import numpy as np

from tests.support.payload import unpack
from ui.kit.payload import pack


def test_pack_round_trip() -> None:
    arrays = {
        "a": np.arange(3, dtype=np.uint8),
        "b": np.linspace(0, 1, 6, dtype=np.float16).reshape(2, 3),
        "c": np.eye(2, dtype=np.float32),
    }
    header, back = unpack(pack(arrays, name="x"))
    assert header["name"] == "x"
    assert all(a["offset"] % 8 == 0 for a in header["arrays"].values())
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)


def test_the_id_follows_the_content() -> None:
    one, same, other = (pack({"a": np.array(values, dtype=np.float32)}) for values in ([1, 2], [1, 2], [1, 3]))
    assert one == same
    assert unpack(one)[0]["id"] != unpack(other)[0]["id"]
