"""What the walkthrough must show: the number that stands behind each key of the page, taken from a trace."""

from functools import cache

import torch

from ui.work import cached
from vit_core.analysis import logit_lens
from vit_core.study.heads import head_profiles
from vit_core.trace import ViTTrace


def norm(row: torch.Tensor) -> float:
    return float(row.double().norm())


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.cosine_similarity(a.double(), b.double(), dim=0))


class Truth:
    """What the trace says for a key of the page, such as `weights:4:3:90:17`."""

    def __init__(self, trace: ViTTrace) -> None:
        self.trace, self.mean = trace, trace.config.pool == "mean"
        self.lens = (logit_lens(trace)[:, 0] / trace.config.temperature).softmax(-1).sort(descending=True).values
        self.profiles = head_profiles(trace)

    def __call__(self, key: str) -> float:
        trace, (name, *rest) = self.trace, key.split(":")
        if name == "norm":
            return norm(self.rows(rest[0], [int(i) for i in rest[1:]]))
        if name == "layer1":
            row = trace.attn_weights(0, int(rest[0]))[0, :, 0].mean(0)[trace.layout.patches]
            return float(row.min() if rest[1] == "min" else row.max())
        at = [int(i) for i in rest]
        block = trace.block(min(at[0], trace.depth - 1)) if at else None
        special = {
            "one": lambda: 1.0,
            "uniform": lambda: self.profiles.uniform_distance,
            "cosine": lambda: cosine(trace.patch_embeddings[0, at[0]], trace.patch_embeddings[0, at[1]]),
            "readerCosine": lambda: cosine(self.reader(0), self.reader(at[0])),
            "positionCosine": lambda: cosine(trace.pos_embedding[0, at[0]].detach(), trace.pos_embedding[0, at[1]].detach()),
            "looks": lambda: self.looks(at[0])[at[1]],
            "looksMax": lambda: self.looks(at[0])[trace.layout.patches].max(),
            "dots": lambda: block.q[0, at[1], at[2]].double() @ block.k[0, at[1], at[3]].double(),
            "pit": lambda: block.q[0, at[2], at[1]].double() @ block.k[0, at[3], at[1]].double(),
            "scaled": lambda: trace.attn_scores(at[0])[0, at[1], at[2], at[3]],
            "weights": lambda: trace.attn_weights(at[0])[0, at[1], at[2], at[3]],
            "headOut": lambda: block.head_out[0, at[1], at[2], at[3]],
            "q": lambda: block.q[0, at[1], at[2], at[3]],
            "k": lambda: block.k[0, at[1], at[2], at[3]],
            "v": lambda: block.v[0, at[1], at[2], at[3]],
            "pre": lambda: block.mlp_pre_act[0, at[1], at[2]],
            "post": lambda: block.mlp_post_act[0, at[1], at[2]],
            "gate": lambda: torch.nn.functional.silu(block.mlp_pre_act[0, at[1], at[2]]),
            "reach": lambda: self.profiles.distance[at[0] : at[1]].mean(),
            "skipped": lambda: self.without_norm().max(),
            "attnAdds": lambda: norm(block.attn_update[0, at[1]]),
            "mlpAdds": lambda: norm(block.mlp_update[0, at[1]]),
            "meanCosine": lambda: (
                sum(cosine(trace.resid(at[0])[0, at[1]], row) for row in trace.resid(at[0])[0, trace.layout.patches])
                / trace.layout.num_patches
            ),
            "distanceMin": lambda: self.profiles.distance[at[0]].min(),
            "distanceMax": lambda: self.profiles.distance[at[0]].max(),
            "lens": lambda: self.lens[at[0], at[1]],
            "features": lambda: (trace.pooled if trace.config.num_classes else trace.logits)[0].flatten()[at[0]],
            "head": lambda: self.head_row(at[0])[at[1]],
            "logits": lambda: trace.logits[0, at[0]],
            "probs": lambda: trace.probs[0, at[0]],
        }
        return float(special[name]()) if name in special else float(self.rows(name, at[:-1])[at[-1]])

    def reader(self, layer: int) -> torch.Tensor:
        """The row that the answer is read off."""
        rows = self.trace.resid(layer)[0]
        return rows[self.trace.layout.patches].mean(0) if self.mean else rows[0]

    def looks(self, layer: int) -> torch.Tensor:
        """What that row attends to, mean over the heads; a mean of patches: over the patches too."""
        weights = self.trace.attn_weights(layer)[0].mean(0)
        return weights[self.trace.layout.patches].mean(0) if self.mean else weights[0]

    def head_row(self, label: int) -> torch.Tensor:
        """A class's weights; those of two heads side by side, half each."""
        model = self.trace.model
        row = model.head.weight[label]
        return row if model.head_dist is None else torch.cat([row, model.head_dist.weight[label]]) / 2

    def without_norm(self) -> torch.Tensor:
        """The probabilities where the head reads a row that was not normalised."""
        trace, model = self.trace, self.trace.model
        row = self.reader(trace.depth)
        logits = model.head(
            torch.cat([row, trace.resid(trace.depth)[0, trace.layout.patches].mean(0)]) if trace.config.pool == "cls_mean" else row
        )
        if model.head_dist is not None:
            logits = (logits + model.head_dist(trace.resid(trace.depth)[0, 1])) / 2
        return (logits / trace.config.temperature).softmax(-1)

    def rows(self, name: str, at: list[int]) -> torch.Tensor:
        """A row of one of the tensors that are `[rows, dim]`."""
        trace = self.trace
        tensors = {
            "patches": lambda: trace.patches[0, at[0]],
            "embeddings": lambda: trace.patch_embeddings[0, at[0]],
            "tokens": lambda: trace.tokens[0, at[0]],
            "positions": lambda: trace.pos_embedding[0, at[0]].detach(),
            "prefix": lambda: [
                t[0, i]
                for t in (trace.model.cls_token, trace.model.dist_token, trace.model.reg_token)
                if t is not None
                for i in range(t.shape[1])
            ][at[0]],
            "readerStart": lambda: trace.patch_embeddings[0].mean(0) if self.mean else trace.model.cls_token[0, 0],
            "reader": lambda: self.reader(at[0]),
            "stream": lambda: trace.resid(at[0])[0, at[1]],
            "resid": lambda: trace.resid(at[0])[0, at[1]],
            "norm1": lambda: trace.block(at[0]).norm1_out[0, at[1]],
            "residMid": lambda: trace.block(at[0]).resid_mid[0, at[1]],
            "attnUpdate": lambda: trace.block(at[0]).attn_update[0, at[1]],
            "mlpUpdate": lambda: trace.block(at[0]).mlp_update[0, at[1]],
        }
        return tensors[name]()


@cache
def gallery() -> list[ViTTrace]:
    """The gallery's traces at 224 / 16."""
    return [cached.analysis.__wrapped__("bundled", name, 224, 16, cached.gallery_picture(name)).trace for name in cached.gallery()]


def strongest(key: str) -> float:
    """The highest activation of a neuron in any patch of the gallery."""
    _, layer, neuron, _ = key.split(":")
    return max(float(trace.block(int(layer)).mlp_post_act[0, trace.layout.patches, int(neuron)].max()) for trace in gallery())
