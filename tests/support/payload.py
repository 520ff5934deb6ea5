"""Reads what a browser component is sent, independently of the browser's code."""

import json

import numpy as np


def unpack(payload: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """The header and the arrays of a payload: header length, JSON header, raw arrays (see `ui.kit.payload.pack`)."""
    length = int.from_bytes(payload[:4], "little")
    header, body = json.loads(payload[4 : 4 + length]), payload[4 + length :]
    arrays = {
        name: np.frombuffer(body, a["dtype"], int(np.prod(a["shape"])), a["offset"]).reshape(a["shape"])
        for name, a in header["arrays"].items()
    }
    return header, arrays
