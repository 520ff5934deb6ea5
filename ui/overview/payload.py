"""What the overview’s component is sent: picture, tokens, what reads the answer, and the answer."""

from typing import TYPE_CHECKING

import numpy as np

from ui.kit import answers
from ui.kit.payload import layout_facts, pack, picture_array
from ui.shell import stage_links

if TYPE_CHECKING:
    from ui.work.cached import Analysis


def stage(analysis: "Analysis") -> bytes:
    """Patch embeddings and tokens in float16, what [CLS] looks at in each layer (mean over heads), the probabilities, the picture.

    Without [CLS] the patches' attention, averaged; without a head the features instead of probabilities.
    """
    trace = analysis.trace
    readers = trace.layout.patches if trace.layout.cls is None else trace.layout.cls
    looks = np.stack([trace.attn_weights(layer, readers)[0].mean((0, 1)).numpy() for layer in range(trace.depth)])
    answer = answers.of_trace(trace, 5)
    arrays = {
        "embeddings": trace.patch_embeddings[0].half().numpy(),
        "tokens": trace.tokens[0].half().numpy(),
        "last": trace.resid(trace.depth)[0].half().numpy(),
        "looks": looks,
        "probs": (trace.probs if answer.top else trace.logits)[0].numpy(),
        "picture": picture_array(analysis.shown),
    }
    facts = {"top": answer.top, "classes": trace.config.num_classes, "length": answer.length, "reader": answers.reader(trace.layout)}
    return pack(arrays, **facts, links=stage_links(), **layout_facts(analysis.trace))
