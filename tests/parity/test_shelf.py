"""Models of the shelf's exact shapes, in their publishers' formats, downloaded through the shelf, computed as `transformers` does.

Each family, each format and each size up to S is downloaded and run; of CLIP, which begins at B, the smaller file. The names, shapes and
bytes of all rows, the large ones too, are held by `tests/unit/checkpoints/hub/test_shelf.py`.
"""

import pytest
import torch
from torch.testing import assert_close

from tests.support.files.hub import folder, serving
from tests.support.models.parity_families import outputs
from tests.support.models.shelf_models import write
from tests.support.models.small import pictures
from vit_core import checkpoints
from vit_core.checkpoints.hub import shelf as fetching
from vit_core.data import shelf

RUN = ("deit-ti", "augreg-ti16", "augreg-s32", "dino-s8", "dinov2-s", "dinov2-s-registers", "msn-s16", "clip-b32")
CLOSE = {"atol": 1e-4, "rtol": 1e-4}


@pytest.mark.parametrize("name", RUN)
def test_downloaded_and_computed_alike(name, tmp_path, monkeypatch):
    row = shelf.rows()[name]
    model = write(row, tmp_path / "repositories" / row.repository)
    free = {"revision": "main", "sha256": {}}  # random weights are not those that are known
    monkeypatch.setattr(fetching, "pin_of", lambda row, cache=None: fetching.Pin(**free))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    told = []
    with serving(folder(tmp_path / "repositories")) as site:
        monkeypatch.setenv("HF_ENDPOINT", site.address)
        found = fetching.fetch(row, cache=tmp_path / "cache", progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (found.bytes, found.bytes) and 0 < found.bytes - row.number_bytes < 200_000
    loaded = checkpoints.load(found.folder)
    config = loaded.config
    assert (config.embed_dim, config.depth, config.num_heads, config.patch_size) == (
        row.config.embed_dim,
        row.config.depth,
        row.config.num_heads,
        row.config.patch_size,
    )
    x = pictures(1, 224)
    with torch.no_grad():
        streams, attentions, _, pooled, logits = outputs(model, x, interpolate=False)
        trace = loaded(x)
    assert_close(trace.resid(config.depth), streams[-1], **CLOSE)
    assert_close(trace.attn_weights(config.depth - 1), attentions[-1], **CLOSE)
    assert_close(trace.pooled if logits is None else trace.logits, pooled if logits is None else logits, **CLOSE)
