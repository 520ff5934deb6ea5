"""What the overview’s component is sent: picture, tokens, what reads the answer, and the answer."""

from typing import TYPE_CHECKING

import numpy as np

from ui.kit.payload import layout_facts, pack, picture_array
from ui.shell import stage_links

if TYPE_CHECKING:
    from ui.work.cached import Analysis


def stage(analysis: "Analysis") -> bytes:
    """Patch embeddings and tokens, what reads the answer looks at in each layer (mean over heads), the probabilities, the
    picture.

    Without a head the features instead of probabilities.
    """
    from vit_core.analysis import reader_attention
    from vit_core.readout import Answer

    trace = analysis.trace
    looks = np.stack([reader_attention(trace, layer)[0].mean(0).numpy() for layer in range(trace.depth)])
    answer = Answer.of(trace, 5)
    arrays = {
        "embeddings": trace.patch_embeddings[0].numpy(),
        "tokens": trace.tokens[0].numpy(),
        "last": trace.resid(trace.depth)[0].numpy(),
        "looks": looks,
        "probs": (trace.probs if answer.top else trace.logits)[0].numpy(),
        "picture": picture_array(analysis.shown),
    }
    facts = {"top": answer.top, "classes": trace.config.num_classes, "length": answer.length}
    return pack(arrays, **facts, links=stage_links(), **layout_facts(analysis.trace))
