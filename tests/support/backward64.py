"""The pass of `forward64` walked backwards by hand, in float64 and NumPy alone, by the rules of several papers."""

import math
from dataclasses import dataclass

import numpy as np

from tests.support.recount.forward64 import Forward, Network, gelu, linear, norm

PLAIN, STILL, LRP = "gradient", "Ali et al. 2022", "Achtibat et al. 2024"
GAMMA = 0.05


@dataclass(frozen=True)
class Slopes:
    """What a score's slope is, by some rules: with respect to the pixels `[height, width, 3]`, the stream before each layer and at the end
    `[T, D]`, and each layer's attention weights `[heads, T, T]`."""

    pixels: np.ndarray
    stream: list[np.ndarray]
    attention: list[np.ndarray]


def norm_back(rows: np.ndarray, slope: np.ndarray, net: Network, name: str, rules: str) -> np.ndarray:
    """Through a normalisation; its deviation moves in a gradient alone."""
    spread = np.sqrt(rows.var(axis=-1, keepdims=True) + net.says["norm_eps"])
    normal, slope = (rows - rows.mean(axis=-1, keepdims=True)) / spread, slope * net.w[f"{name}.weight"]
    moving = normal * (slope * normal).mean(axis=-1, keepdims=True) if rules == PLAIN else 0
    return (slope - slope.mean(axis=-1, keepdims=True) - moving) / spread


def linear_back(rows: np.ndarray, slope: np.ndarray, net: Network, name: str, rules: str) -> np.ndarray:
    """Through a linear layer; by `LRP` contributions of an output's own sign count more."""
    weight = net.w[f"{name}.weight"]
    if rules != LRP:
        return slope @ weight
    found = np.empty_like(rows)
    for t, (row, value) in enumerate(zip(rows, linear(rows, net, name), strict=True)):
        times = np.where(weight * row * value[:, None] > 0, 1 + GAMMA, 1.0)
        counted = value + ((times - 1) * weight * row).sum(axis=1)
        found[t] = (slope[t] * value / counted) @ (times * weight)
    return found


def gelu_slope(h: np.ndarray, kind: str, rules: str) -> np.ndarray:
    """Of the activation: its derivative, or the share that it lets through."""
    if rules != PLAIN:
        return gelu(h, kind) / h
    if kind == "gelu_tanh":
        c = math.sqrt(2 / math.pi)
        bent = np.tanh(c * (h + 0.044715 * h**3))
        return (1 + bent) / 2 + h / 2 * (1 - bent**2) * c * (1 + 3 * 0.044715 * h**2)
    return gelu(h, kind) / h + h * np.exp(-(h**2) / 2) / math.sqrt(2 * math.pi)


def mixed(f: Forward, layer: int) -> np.ndarray:
    """What a layer's heads bring, side by side, `[T, D]`."""
    out = f.attention[layer] @ f.v[layer]
    return out.transpose(1, 0, 2).reshape(out.shape[1], -1)


def attention_back(f: Forward, layer: int, slope: np.ndarray, rules: str) -> tuple[np.ndarray, np.ndarray]:
    """Through a layer's attention: the slopes of what it reads, and of its weights. By `STILL` no slope goes through the weights, by
    `LRP` each factor of a product has half."""
    b, net, half = f"blocks.{layer}.attn", f.net, 2 if rules == LRP else 1
    q, k, v, weights = f.q[layer], f.k[layer], f.v[layer], f.attention[layer]
    heads, tokens, wide = q.shape
    own = linear_back(mixed(f, layer), slope, net, f"{b}.proj", rules).reshape(tokens, heads, wide).transpose(1, 0, 2)
    of_weights, of_v = own @ v.transpose(0, 2, 1) / half, weights.transpose(0, 2, 1) @ own / half
    of_scores = weights * (of_weights - (weights * of_weights).sum(axis=-1, keepdims=True)) / math.sqrt(wide) / half
    of_q, of_k = of_scores @ k, of_scores.transpose(0, 2, 1) @ q
    if rules == STILL:
        of_q, of_k = np.zeros_like(q), np.zeros_like(k)
    joined = np.stack([of_q, of_k, of_v]).transpose(2, 0, 1, 3).reshape(tokens, -1)
    return linear_back(norm(f.stream[layer], net, f"blocks.{layer}.norm1"), joined, net, f"{b}.qkv", rules), of_weights


def slopes(f: Forward, start: np.ndarray, patch: int, rules: str = PLAIN) -> Slopes:
    """From `start`, how much each logit counts `[classes]`, back to the pixels."""
    net, last = f.net, f.stream[-1]
    slope = np.zeros_like(last)
    slope[:1] = norm_back(last[:1], linear_back(norm(last[:1], net, "norm"), start[None], net, "head", rules), net, "norm", rules)
    stream, attention = [slope], []
    for layer in reversed(range(len(f.attention))):
        b = f"blocks.{layer}"
        hidden = linear_back(gelu(f.hidden[layer], net.says["act"]), slope, net, f"{b}.mlp.fc2", rules)
        hidden = hidden * gelu_slope(f.hidden[layer], net.says["act"], rules)
        normed = linear_back(norm(f.middle[layer], net, f"{b}.norm2"), hidden, net, f"{b}.mlp.fc1", rules)
        slope = slope + norm_back(f.middle[layer], normed, net, f"{b}.norm2", rules)
        read, of_weights = attention_back(f, layer, slope, rules)
        slope = slope + norm_back(f.stream[layer], read, net, f"{b}.norm1", rules)
        stream.append(slope)
        attention.append(of_weights)
    side = math.isqrt(len(f.rows))
    cut = (slope[1:] @ f.matrix.T).reshape(side, side, patch, patch, 3)
    pixels = cut.transpose(0, 2, 1, 3, 4).reshape(side * patch, side * patch, 3)
    return Slopes(pixels, stream[::-1], attention[::-1])


def handed(rows: np.ndarray, weight: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Shares of outputs to the inputs that raise them, as they contribute; to all where none does."""
    found = np.empty_like(rows)
    for t, row in enumerate(rows):
        made = weight * row
        made = np.where((made > 0) | ~(made > 0).any(axis=1, keepdims=True), made, 0)
        found[t] = (share[t] / made.sum(axis=1)) @ made
    return found


def both(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of a sum to its two parts as they contribute, and the parts' totals by their sizes."""
    first, second = one / (one + other) * share, other / (one + other) * share
    a, b, whole = first.sum(), second.sum(), share.sum()
    size = abs(a) + abs(b)
    return first / a * abs(a) / size * whole, second / b * abs(b) / size * whole


def shares(f: Forward, weight: np.ndarray) -> list[np.ndarray]:
    """Each layer's attention weights' share `[heads, T, T]` of a score, which is 1 and whose weights of the head are `weight`: Chefer et
    al. 2021 (CVPR), section 3."""
    net, found = f.net, []
    share = np.zeros_like(f.stream[-1])
    share[:1] = handed(norm(f.stream[-1][:1], net, "norm"), weight[None], np.ones((1, 1)))
    for layer in reversed(range(len(f.attention))):
        b, heads, middle = f"blocks.{layer}", net.says["num_heads"], f.middle[layer]
        stays, update = both(middle, f.stream[layer + 1] - middle, share)
        hidden = handed(gelu(f.hidden[layer], net.says["act"]), net.w[f"{b}.mlp.fc2.weight"], update)
        share = stays + handed(norm(middle, net, f"{b}.norm2"), net.w[f"{b}.mlp.fc1.weight"], hidden)
        stays, update = both(f.stream[layer], middle - f.stream[layer], share)
        merged = handed(mixed(f, layer), net.w[f"{b}.attn.proj.weight"], update)
        own = merged.reshape(len(middle), heads, net.head_dim).transpose(1, 0, 2)
        q, k, v, weights = f.q[layer], f.k[layer], f.v[layer], f.attention[layer]
        each = own / (weights @ v)
        of_weights, of_v = weights * (each @ v.transpose(0, 2, 1)) / 2, v * (weights.transpose(0, 2, 1) @ each) / 2
        each = of_weights / (q @ k.transpose(0, 2, 1))
        of_q, of_k = q * (each @ k) / 2, k * (each.transpose(0, 2, 1) @ q) / 2
        joined = np.stack([of_q, of_k, of_v]).transpose(2, 0, 1, 3).reshape(len(middle), -1)
        share = stays + handed(norm(f.stream[layer], net, f"{b}.norm1"), net.w[f"{b}.attn.qkv.weight"], joined)
        found.insert(0, of_weights)
    return found
