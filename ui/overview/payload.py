"""What the overview’s components are sent: picture, tokens, who looks where, what reads the answer, and the answer."""

import hashlib
from typing import TYPE_CHECKING

from ui.kit.payload import layout_facts, pack, picture_array
from ui.kit.registry import stage_links

if TYPE_CHECKING:
    from ui.work.analysis import Analysis

SHOWN, STRONGEST, CLASSES = 24, 6, 5  # numbers of a token, keys of a query, classes
MANY = 800  # tokens; above, only the leading reader's attention is sent


def stage(analysis: "Analysis") -> bytes:
    """Patch embeddings and tokens, what reads the answer looks at in each layer (mean over heads), the probabilities, the
    picture.

    Without a classifier the features instead of probabilities.
    """
    import numpy as np

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


def story(analysis: "Analysis") -> bytes:
    """For the moving picture: of every token `SHOWN` numbers, evenly spread, without and with its position (float16: they are painted);
    what reads the answer looks at in each block, and the `STRONGEST` keys of every token (heads averaged); the final `CLASSES` likeliest
    classes as the classifier would say them before each block and after the last.

    Without a classifier there are no classes. Of more than `MANY` tokens only the leading reader is followed.
    """
    import numpy as np

    from vit_core.analysis import logit_lens, reader_attention, strongest_keys
    from vit_core.readout import Answer, probabilities, readout

    trace = analysis.trace
    dims = np.linspace(0, trace.config.embed_dim - 1, min(SHOWN, trace.config.embed_dim)).round().astype(int)
    arrays = {
        "before": trace.patch_embeddings[0][:, dims].half().numpy(),
        "after": trace.tokens[0][:, dims].half().numpy(),
        "looks": np.stack([reader_attention(trace, layer)[0].mean(0).numpy() for layer in range(trace.depth)]),
        "picture": picture_array(analysis.shown),
    }
    tokens = trace.layout.num_tokens
    strongest = min(STRONGEST, tokens)
    if tokens <= MANY:
        found = [strongest_keys(trace, layer, strongest) for layer in range(trace.depth)]
        arrays["keys"] = np.stack([keys[0].int().numpy() for keys, _ in found])
        arrays["weights"] = np.stack([weights[0].half().numpy() for _, weights in found])
    top = Answer.of(trace, CLASSES).top
    if top:
        columns = trace.logits[0].topk(len(top)).indices
        arrays["lens"] = probabilities(trace.config, logit_lens(trace)[:, 0])[:, columns].numpy()
    lead = readout(trace.config).lead
    picture = hashlib.blake2b(arrays["picture"].tobytes(), digest_size=6).hexdigest()
    facts = {"top": top, "shown": len(dims), "strongest": strongest, "picture": picture, "links": stage_links()}
    return pack(arrays, **facts, readerAt=-1 if lead.several else lead.rows(trace.layout).start, **layout_facts(trace))
