"""Finds and reads what a browser component is sent, independently of the browser's code."""

import json
from typing import TYPE_CHECKING

import numpy as np

from ui.kit.components import full_name

if TYPE_CHECKING:
    from streamlit.proto.BidiComponent_pb2 import BidiComponent
    from streamlit.testing.v1 import AppTest


def unpack(payload: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """The header and the arrays of a payload: header length, JSON header, raw arrays (see `ui.kit.payload.pack`)."""
    length = int.from_bytes(payload[:4], "little")
    header, body = json.loads(payload[4 : 4 + length]), payload[4 + length :]
    arrays = {
        name: np.frombuffer(body, a["dtype"], int(np.prod(a["shape"])), a["offset"]).reshape(a["shape"])
        for name, a in header["arrays"].items()
    }
    return header, arrays


def mounted(app: "AppTest", name: str) -> "list[BidiComponent]":
    """What the page has sent to the component of the folder `name`, once for each place where it is mounted."""
    return [element.proto for element in app.get("bidi_component") if element.proto.component_name == full_name(name)]
