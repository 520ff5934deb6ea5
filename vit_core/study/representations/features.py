"""What tokens have become: how alike they are, along which directions they differ most, and how alike two layers are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.trace import ViTTrace

Rows = Literal["stream", "query", "key", "value", "update"]
"""What of a layer is looked at: the stream after its block; its queries, keys and values (all heads, one after the other); what its block
adds to the stream."""


@torch.inference_mode()
def rows_of(trace: ViTTrace, layer: int, what: Rows) -> Float[Tensor, "tokens width"]:
    """One row a token, of the first picture. ValueError for a name that is not in `Rows`."""
    block = trace.block(layer)
    match what:
        case "stream":
            return block.resid_post[0]
        case "update":
            return block.resid_post[0] - block.resid_pre[0]
        case "query":
            return side_by_side(block.q)
        case "key":
            return side_by_side(block.k)
        case "value":
            return side_by_side(block.v)
    raise ValueError(f"Rows are {', '.join(get_args(Rows))}; got {what}.")


def side_by_side(heads: Float[Tensor, "batch heads tokens head_dim"]) -> Float[Tensor, "tokens width"]:
    """The heads of the first picture beside each other."""
    return heads[0].transpose(0, 1).flatten(1)


def alike(rows: Float[Tensor, "tokens width"], others: Float[Tensor, "others width"]) -> Float[Tensor, "tokens others"]:
    """The cosine of each row with each other one; 0 where a row is all zeros."""
    return F.normalize(rows.double(), dim=-1) @ F.normalize(others.double(), dim=-1).T


@dataclass(frozen=True, eq=False)
class Matches:
    """For each row the most similar one of another set: its index and their cosine, both `[tokens]`."""

    index: Int[Tensor, " tokens"]
    cosine: Float[Tensor, " tokens"]


def best_matches(rows: Float[Tensor, "tokens width"], others: Float[Tensor, "others width"]) -> Matches:
    """The most similar other row of each; of equals, the first."""
    cosine, index = alike(rows, others).max(dim=1)
    return Matches(index, cosine)


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components: `mean` `[width]`, orthonormal `directions` `[count, width]`, and the share of the variance that each
    explains, `explained` `[count]`, largest first."""

    mean: Float[Tensor, " width"]
    directions: Float[Tensor, "count width"]
    explained: Float[Tensor, " count"]

    def of(self, rows: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens count"]:
        """Where rows lie along the directions."""
        return (rows.double() - self.mean) @ self.directions.T


def components(rows: Float[Tensor, "tokens width"], count: int = 3) -> Components:
    """The first principal components of some rows. A direction points where its largest number is positive.

    ValueError where there are fewer rows or numbers than `count`, or no row differs from another. Source: Pearson 1901, Hotelling 1933.
    """
    if count > min(rows.shape):
        raise ValueError(f"{len(rows)} rows of {rows.shape[1]} numbers have no {count} principal components.")
    mean = rows.double().mean(dim=0)
    _, lengths, directions = torch.linalg.svd(rows.double() - mean, full_matrices=False)
    variance = lengths**2
    if not variance.sum() > 0:
        raise ValueError("All rows are the same: they have no principal components.")
    kept = directions[:count]
    largest = kept.gather(1, kept.abs().argmax(dim=1, keepdim=True))
    return Components(mean, kept * largest.sign(), variance[:count] / variance.sum())


def content(rows: Float[Tensor, "pictures tokens width"]) -> Float[Tensor, "pictures tokens width"]:
    """What is not place: each token's mean over the pictures subtracted."""
    return rows - rows.mean(dim=0)


LEFT_BY_ROUNDING = 1e-4


def without_place(rows: Float[Tensor, "tokens width"], places: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens width"]:
    """Rows less the mean of their places. Where less than a ten-thousandth of a row's length is left, that is rounding, and nothing:
    [CLS] as it is embedded is the same for every picture."""
    left = rows - places
    return torch.where(left.norm(dim=-1, keepdim=True) < LEFT_BY_ROUNDING * rows.norm(dim=-1, keepdim=True), 0.0, left)


def cka(one: Float[Tensor, "tokens width"], other: Float[Tensor, "tokens other_width"]) -> float:
    """How alike two layers see the same tokens: linear centred kernel alignment with the unbiased estimate of HSIC. 1 where one is the
    other, turned and scaled; about 0 where they have nothing in common.

    ValueError with fewer than 4 tokens or different numbers of them; nan where a layer's rows are all alike. Sources: Kornblith et al.
    2019, section 3; the estimate: Song et al. 2012, equation 5.
    """
    return float(aligned(hsic([one, other]))[0, 1])


def hsic(layers: Sequence[Float[Tensor, "tokens _"]]) -> Float[Tensor, "layers layers"]:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion of every pair of layers, over the same tokens.

    Estimates of several sets of tokens may be averaged: that is how many pictures are put together (Nguyen et al. 2021, equation 5).
    ValueError with fewer than 4 tokens or different numbers of them.
    """
    counts = [len(rows) for rows in layers]
    if len(set(counts)) > 1 or counts[0] < 4:
        raise ValueError(f"CKA compares the same tokens, at least 4 of them; got {' and '.join(map(str, dict.fromkeys(counts)))}.")
    n, products = counts[0], torch.stack([gram(rows) for rows in layers])
    sums, flat = products.sum(dim=1), products.flatten(1)
    totals = sums.sum(dim=1)
    crossed = torch.outer(totals, totals) / ((n - 1) * (n - 2)) - 2 * (sums @ sums.T) / (n - 2)
    return (flat @ flat.T + crossed) / (n * (n - 3))


def aligned(criterion: Float[Tensor, "layers layers"]) -> Float[Tensor, "layers layers"]:
    """CKA of every pair of layers from `hsic`'s numbers; nan where a layer's rows are all alike."""
    own = criterion.diagonal()
    scale = torch.outer(own, own)
    known = (own[:, None] > 0) & (own[None, :] > 0)
    return torch.where(known, criterion / scale.clamp(min=0).sqrt(), torch.nan)


def gram(rows: Float[Tensor, "tokens width"]) -> Float[Tensor, "tokens tokens"]:
    """Dot products of centred rows, nothing on the diagonal; float64. (The estimate does not see a shift; centring keeps digits.)"""
    centred = rows.double() - rows.double().mean(dim=0)
    return (centred @ centred.T).fill_diagonal_(0)
