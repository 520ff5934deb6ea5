"""What a browser component is sent: arrays and facts as bytes, pictures as JPEG, and what every view needs to know of the sequence."""

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from vit_core import ViTConfig, ViTTrace


def pack(arrays: Mapping[str, "np.ndarray"], **facts: Any) -> bytes:
    """Arrays and facts as bytes: 4 bytes header length (little-endian), JSON header, raw arrays, each at a multiple of 8 bytes.

    The header holds `facts`, `id` (a hash of all the rest) and `arrays`: name -> dtype, shape, and offset from the end of the header.
    """
    table, parts, offset = {}, [], 0
    for name, array in arrays.items():
        import numpy as np  # which the first page can do without

        array = np.ascontiguousarray(array)
        table[name] = {"dtype": array.dtype.name, "shape": array.shape, "offset": offset}
        padding = -array.nbytes % 8
        parts += [array.tobytes(), b"\0" * padding]
        offset += array.nbytes + padding
    body = b"".join(parts)
    head = {**facts, "arrays": table}
    digest = hashlib.blake2b(body + json.dumps(head).encode(), digest_size=8).hexdigest()
    header = json.dumps({**head, "id": digest}).encode()
    return len(header).to_bytes(4, "little") + header + body


def data_uri(image: "Image", longest: int, quality: int = 85) -> str:
    """A picture as a small JPEG in a `data:` address."""
    copy = image.copy()
    copy.thumbnail((longest, longest))
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(copy, quality)).decode()


def jpeg(image: "Image", quality: int = 92) -> bytes:
    """A picture as JPEG without colour subsampling."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def picture_array(shown: "Image") -> "np.ndarray":
    """The picture that the model saw, as the bytes of a JPEG."""
    import numpy as np

    return np.frombuffer(jpeg(shown), dtype=np.uint8)


def layout_facts(trace: "ViTTrace") -> dict:
    """What every view needs to know about the sequence, and who reads the answer off it."""
    from vit_core.readout import prefix_words

    height, width = trace.image_size
    return {
        "grid": list(trace.layout.grid),
        "prefix": [trace.layout.name(i) for i in range(trace.layout.num_prefix_tokens)],
        "prefixWords": prefix_words(trace.layout),
        "reader": reader_facts(trace.config),
        "imageSize": [height, width],
        "patchSize": trace.patch_size,
        "chans": trace.config.in_chans,
        "dim": trace.config.embed_dim,
        "depth": trace.depth,
        "heads": trace.config.num_heads,
    }


def reader_facts(config: "ViTConfig") -> dict:
    """Who reads the answer, in the words of `vit_core.readout`: `name` of the leading vector, `who` it stands for and whether these are
    `several`, `onAverage` where what they do is a mean; `beside`: what else the head reads, or None."""
    from vit_core.readout import readout

    read = readout(config)
    lead, beside = read.lead, read.beside
    words = {"name": lead.name, "who": lead.who, "onAverage": lead.on_average, "several": lead.several}
    return {**words, "beside": beside.name if beside else None}
