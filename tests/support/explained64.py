"""The twelve explanations and their tests a second time, in float64 and NumPy, from each paper's definition; chance alone is PyTorch's."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from tests.support.backward64 import LRP, STILL, shares, slopes
from tests.support.recount.forward64 import Forward, Network, cut, resampling, run, triangle

STEPS, DRAWS, SPREAD, MASKS, CELLS = 32, 16, 0.15, 256, 7
NOISES, RADIUS, RANDOM = 4, 0.02, 5


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's: of the ranks, ties by their mean."""
    ranks = [np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values]) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def masks(side: int) -> np.ndarray:
    """RISE's `[masks, N]`: random cells, drawn larger, moved."""
    generator = torch.Generator().manual_seed(0)
    cells = min(CELLS, side)
    size = math.ceil(side / cells)
    drawn = torch.rand((MASKS, 1, cells + 1, cells + 1), generator=generator).numpy()[:, 0] < 0.5
    larger = resampling(cells + 1, (cells + 1) * size, triangle)
    down, along = (torch.randint(size, (MASKS,), generator=generator).tolist() for _ in range(2))
    large = [larger @ one @ larger.T for one in drawn.astype(float)]
    return np.stack([one[y : y + side, x : x + side].ravel() for one, y, x in zip(large, down, along, strict=True)])


def normal(shape: Sequence[int], generator: torch.Generator) -> np.ndarray:
    return torch.randn(tuple(shape), generator=generator).numpy().astype(np.float64)


@dataclass
class Explained:
    """A model, a picture `[size, size, 3]` as it reads it, and the question: why `label`, and not `against`."""

    net: Network
    picture: np.ndarray
    patch: int
    label: int
    against: int | None = None
    known: dict[bytes, Forward] = field(default_factory=dict)

    @property
    def side(self) -> int:
        return len(self.picture) // self.patch

    @property
    def start(self) -> np.ndarray:
        """How much each logit counts."""
        counts = np.zeros(self.net.says["num_classes"])
        counts[self.label] = 1
        if self.against is not None:
            counts[self.against] = -1
        return counts

    @property
    def plain(self) -> np.ndarray:
        """The picture's mean colour everywhere."""
        return np.broadcast_to(self.picture.mean(axis=(0, 1)), self.picture.shape)

    def forward(self, picture: np.ndarray | None = None) -> Forward:
        return run(self.net, self.picture if picture is None else picture, self.patch)

    def score(self, picture: np.ndarray) -> float:
        return float(self.forward(picture).logits @ self.start)

    def slope(self, picture: np.ndarray) -> np.ndarray:
        """The score's gradient with respect to the pixels."""
        return slopes(self.forward(picture), self.start, self.patch).pixels

    def mixed(self, keeps: np.ndarray) -> np.ndarray:
        """The picture of which each patch keeps so much `[N]`, the rest in its mean colour."""
        part = np.kron(np.asarray(keeps, dtype=float).reshape(self.side, self.side), np.ones((self.patch, self.patch)))[:, :, None]
        return part * self.picture + (1 - part) * self.plain

    def summed(self, pixels: np.ndarray) -> np.ndarray:
        return cut(pixels, self.patch).sum(axis=1)

    def lengths(self, pixels: np.ndarray) -> np.ndarray:
        return np.sqrt(self.summed(pixels**2))

    def integrated(self) -> np.ndarray:
        places, parts = np.polynomial.legendre.leggauss(STEPS)
        path = zip((places + 1) / 2, parts / 2, strict=True)
        away = self.picture - self.plain
        return self.summed(away * sum(part * self.slope(self.plain + place * away) for place, part in path))

    def smooth(self) -> np.ndarray:
        generator, total = torch.Generator().manual_seed(0), np.zeros_like(self.picture)
        for _ in range(DRAWS // 4):
            for noise in normal((4, 3, *self.picture.shape[:2]), generator):
                total += self.slope(self.picture + SPREAD * np.ptp(self.picture) * noise.transpose(1, 2, 0))
        return self.lengths(total / DRAWS)

    def few(self) -> dict[str, np.ndarray]:
        """The maps that take one pass, by name."""
        f = self.forward()
        plain = slopes(f, self.start, self.patch)
        identity, depth = np.eye(len(f.stream[0])), len(f.attention)
        weighted, by_shares = identity, identity
        own = shares(f, self.start @ self.net.w["head.weight"])
        for slope, weights, share in zip(plain.attention, f.attention, own, strict=True):
            weighted = weighted + np.maximum(slope * weights, 0).mean(axis=0) @ weighted
            by_shares = (identity + np.maximum(slope * share, 0).mean(axis=0)) @ by_shares
        channels = plain.stream[depth - 1][1:].mean(axis=0)
        return {
            "gradient": self.lengths(plain.pixels),
            "gradient × input": self.summed(plain.pixels * self.picture),
            "Grad-CAM on tokens": np.maximum(f.stream[depth - 1][1:] @ channels, 0),
            "attention rollout": f.rollout()[0, 1:],
            "gradient-weighted attention": weighted[0, 1:],
            "relevance-weighted attention": by_shares[0, 1:],
            "conserved relevance": self.relevance(f, STILL),
            "AttnLRP": self.relevance(f, LRP),
        }

    def relevance(self, f: Forward, rules: str) -> np.ndarray:
        return (f.stream[0] * slopes(f, self.start, self.patch, rules).stream[0]).sum(axis=1)[1:]

    def steady(self) -> dict[str, np.ndarray]:
        """The maps that cover nothing, in the page's order."""
        few = self.few()
        found = {name: few.pop(name) for name in ("gradient", "gradient × input")}
        return found | {"integrated gradients": self.integrated(), "SmoothGrad": self.smooth()} | few

    def maps(self) -> dict[str, np.ndarray]:
        """All twelve, in the page's order."""
        whole, kept = self.score(self.picture), masks(self.side)
        said = np.array([self.score(self.mixed(mask)) for mask in kept])
        each = np.eye(self.side**2)
        return self.steady() | {
            "occlusion": np.array([whole - self.score(self.mixed(1 - one)) for one in each]),
            "RISE": said @ kept / np.maximum(kept.sum(axis=0), 1e-9) - said.mean(),
        }

    def left(self, name: str, values: np.ndarray) -> float:
        """What a map's sum leaves over: of the score's difference from the mean colour, or of the score."""
        score = self.score(self.picture)
        return float(values.sum() - (score - self.score(self.plain))) if name == "integrated gradients" else score - float(values.sum())

    def probability(self, keeps: np.ndarray) -> float:
        key = keeps.tobytes()
        if key not in self.known:
            self.known[key] = self.forward(self.mixed(keeps))
        return float(self.known[key].probs[self.label])

    def areas(self, maps: dict[str, np.ndarray], steps: int) -> dict[str, tuple[float, float]]:
        """Areas under the probability of `label`, patches removed and added, by each map, from the centre outwards and at random."""
        count, generator = self.side**2, torch.Generator().manual_seed(0)
        away = np.hypot(*(np.indices((self.side, self.side)) - (self.side - 1) / 2)).ravel()
        orders = {name: np.argsort(-values, kind="stable") for name, values in (maps | {"centre prior": -away}).items()}
        chance = [torch.randperm(count, generator=generator).numpy() for _ in range(RANDOM)]
        found = {name: self.both_areas(order, steps) for name, order in orders.items()}
        means = np.mean([self.both_areas(order, steps) for order in chance], axis=0)
        return found | {"random, mean": (float(means[0]), float(means[1]))}

    def both_areas(self, order: np.ndarray, steps: int) -> tuple[float, float]:
        count = len(order)
        points = [round(count * step / steps) for step in range(steps + 1)]
        ranks = np.argsort(order)
        removed = [self.probability(ranks >= point) for point in points]
        added = [self.probability(ranks < point) for point in points]
        return tuple(float(np.trapezoid(line, np.array(points) / count)) for line in (removed, added))

    def moved(self, maps: dict[str, np.ndarray]) -> dict[str, float]:
        """How far noise moves each map at most, over its length."""
        generator, far = torch.Generator().manual_seed(0), dict.fromkeys(maps, 0.0)
        for _ in range(NOISES):
            even = torch.rand((1, 3, *self.picture.shape[:2]), generator=generator).numpy()[0].transpose(1, 2, 0).astype(np.float64)
            noisy = self.picture + RADIUS * np.ptp(self.picture) * (2 * even - 1)
            other = Explained(self.net, noisy, self.patch, self.label, self.against).steady()
            far = {name: max(far[name], float(np.linalg.norm(other[name] - maps[name]) / np.linalg.norm(maps[name]))) for name in maps}
        return far

    def drawn_anew(self) -> Iterator[dict[str, float]]:
        """Rank correlation of each map of one pass with that of the model whose last parts are drawn anew, ever more of them."""
        generator, w, own = torch.Generator().manual_seed(0), dict(self.net.w), self.few()
        blocks = [f"blocks.{layer}" for layer in reversed(range(self.net.says["depth"]))]
        parts = [["head.weight"], *([f"{b}.{name}.weight" for name in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")] for b in blocks)]
        for part in parts:
            for name in part:
                w[name] = w[name].mean() + w[name].std(ddof=1) * normal(w[name].shape, generator)
            other = Explained(Network(dict(w), self.net.says), self.picture, self.patch, self.label, self.against).few()
            yield {name: correlation(other[name], values) for name, values in own.items()}
