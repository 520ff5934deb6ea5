"""The bundled models' forward pass a second time, in float64 and NumPy alone: read from their files, sharing no code with the app.

What the app shows is compared with this. It knows plain ViTs with one [CLS] and no others; their sizes are read from the file's header.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / "vit_core" / "data" / "models"
WEIGHTS = MODELS / "tiny-vit.safetensors"
IMAGES = ROOT / "assets" / "images"
KINDS = {"F16": np.float16, "F32": np.float32}


def default_weights() -> Path:
    """The file of the model that the app begins with."""
    distilled = MODELS / "distilled" / "weights.safetensors"
    return distilled if distilled.is_file() else WEIGHTS


@dataclass(frozen=True)
class Network:
    """A file's tensors in float64, and the sizes and names that its header states."""

    w: dict[str, np.ndarray]
    says: dict

    @property
    def head_dim(self) -> int:
        return self.says["embed_dim"] // self.says["num_heads"]

    @property
    def learned(self) -> int:
        """How many numbers the file holds."""
        return sum(tensor.size for tensor in self.w.values())


@cache
def network(file: Path = WEIGHTS) -> Network:
    """A model from its file: 8 bytes with the header's length, the header in JSON, then the numbers."""
    raw = file.read_bytes()
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end])
    says = json.loads(header.pop("__metadata__")["vit_config"])
    found = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        numbers = np.frombuffer(raw[end + first : end + last], KINDS[entry["dtype"]])
        found[name] = numbers.reshape(entry["shape"]).astype(np.float64)
    plain = (says["class_token"], says["num_registers"], says["pool"], says["ffn"], says["norm_position"], says["pos_interpolation"])
    assert plain == (True, 0, "cls", "mlp", "before_pool", "bicubic_antialias"), f"Not a ViT that is known here: {plain}."
    assert not (says["distill_token"] or says["pre_norm"] or says["layer_scale"]) and says["pos_covers"] == "class_and_patches"
    return Network(found, says)


def triangle(x: np.ndarray) -> np.ndarray:
    return np.clip(1 - np.abs(x), 0, None)


def cubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic with a = −1/2."""
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def resampling(old: int, new: int, kind) -> np.ndarray:
    """`[new, old]`: how a side of `old` values is resized to `new`; the filter widens where it shrinks."""
    step = old / new
    centres = (np.arange(new) + 0.5) * step - 0.5
    weight = kind((np.arange(old) - centres[:, None]) / max(step, 1.0))
    return weight / weight.sum(axis=1, keepdims=True)


def levels(name: str, size: int, net: Network) -> np.ndarray:
    """A picture of the gallery as it is shown, `[size, size, 3]` from 0 to 255: its middle square, resized."""
    file = next(file for file in IMAGES.iterdir() if file.stem == name and file.suffix in (".jpg", ".png", ".webp"))
    image = Image.open(file).convert("RGB")
    short = min(image.size)
    left, top = (image.width - short) / 2, (image.height - short) / 2
    how = Image.Resampling[net.says["preprocessing"]["interpolation"].upper()]
    return np.asarray(image.resize((size, size), how, box=(left, top, left + short, top + short)))


def pixels(name: str, size: int, net: Network) -> np.ndarray:
    """The same as the model reads it: shifted and scaled."""
    said = net.says["preprocessing"]
    return (levels(name, size, net).astype(np.float64) / 255 - np.array(said["mean"])) / np.array(said["std"])


def pixels32(name: str, size: int, net: Network) -> np.ndarray:
    """The same with every step rounded to float32, as the model is given it; for what magnifies that rounding."""
    mean, deviation = (np.array(net.says["preprocessing"][key], np.float32) for key in ("mean", "std"))
    return ((levels(name, size, net).astype(np.float32) / np.float32(255) - mean) / deviation).astype(np.float64)


@dataclass(frozen=True)
class Forward:
    """What the pass gives: rows of pixels `[N, P²C]` (row by row, R, G, B of each), the matrix that they are multiplied with `[P²C, D]`,
    the embedded patches `[N, D]`, the positions added `[T, D]`; the stream before each layer and at the end, and after each attention
    `[T, D]`; of each layer queries, keys and values `[heads, T, d]`, attention `[heads, T, T]`, the sums of exponentials `[heads, T]`, the
    MLP's numbers before their activation `[T, M]`; the logits and the probabilities `[classes]`."""

    net: Network
    rows: np.ndarray
    matrix: np.ndarray
    embedded: np.ndarray
    places: np.ndarray
    stream: list[np.ndarray]
    middle: list[np.ndarray]
    q: list[np.ndarray]
    k: list[np.ndarray]
    v: list[np.ndarray]
    attention: list[np.ndarray]
    sums: list[np.ndarray]
    hidden: list[np.ndarray]
    logits: np.ndarray
    probs: np.ndarray

    def rollout(self) -> np.ndarray:
        """How much each token draws on each: the product over the layers of half the identity and half the heads' mean."""
        product = identity = np.eye(len(self.stream[0]))
        for weights_ in self.attention:
            product = (0.5 * identity + 0.5 * weights_.mean(axis=0)) @ product
        return product

    def answer(self, row: np.ndarray) -> np.ndarray:
        """The probabilities that the head would give for a row of the stream."""
        return softmax(head(row, self.net) / self.net.says["temperature"])


def norm(rows: np.ndarray, net: Network, name: str) -> np.ndarray:
    mean = rows.mean(axis=-1, keepdims=True)
    spread = np.sqrt(((rows - mean) ** 2).mean(axis=-1, keepdims=True) + net.says["norm_eps"])
    return (rows - mean) / spread * net.w[f"{name}.weight"] + net.w[f"{name}.bias"]


def linear(rows: np.ndarray, net: Network, name: str) -> np.ndarray:
    return rows @ net.w[f"{name}.weight"].T + net.w[f"{name}.bias"]


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def gelu(h: np.ndarray, kind: str) -> np.ndarray:
    """x·Φ(x), by tanh or by the error function."""
    if kind == "gelu_tanh":
        return h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    assert kind == "gelu", kind
    return h / 2 * (1 + np.fromiter(map(math.erf, (h / math.sqrt(2)).ravel().tolist()), float, h.size).reshape(h.shape))


def head(row: np.ndarray, net: Network) -> np.ndarray:
    """The logits of a row of the stream."""
    return linear(norm(row, net, "norm"), net, "head")


def kernel_at(net: Network, patch: int) -> np.ndarray:
    """The patch kernel `[D, 3, patch, patch]`: by the pseudo-inverse of what resizes pictures, where it was learned at another size."""
    kernel = net.w["patch_embed.proj.weight"]
    if kernel.shape[-1] == patch:
        return kernel
    resize = np.linalg.pinv(resampling(kernel.shape[-1], patch, triangle).T)
    return np.einsum("ab,cd,oibd->oiac", resize, resize, kernel)


def places_at(net: Network, side: int) -> np.ndarray:
    """The positions of [CLS] and of a grid with `side` patches a side, `[T, D]`."""
    table = net.w["pos_embed"][0]
    old, wide = net.says["pos_grid"][0], table.shape[1]
    grid = table[1:].reshape(old, old, wide)
    if side != old:
        resize = resampling(old, side, cubic)
        grid = np.einsum("ab,cd,bde->ace", resize, resize, grid)
    return np.concatenate([table[:1], grid.reshape(-1, wide)])


def cut(picture: np.ndarray, patch: int) -> np.ndarray:
    """`[N, P²C]`: the patches in reading order, each pixel row by pixel row, R, G, B of each pixel."""
    side = len(picture) // patch
    return picture.reshape(side, patch, side, patch, 3).transpose(0, 2, 1, 3, 4).reshape(side * side, -1)


def forward(name: str, size: int, patch: int, file: Path = WEIGHTS) -> Forward:
    """A bundled model on a picture of the gallery."""
    net = network(file)
    return run(net, pixels(name, size, net), patch)


def run(net: Network, picture: np.ndarray, patch: int, places: np.ndarray | None = None) -> Forward:
    """A bundled model on pixels as it reads them; `places` stand for its own positions."""
    heads, wide = net.says["num_heads"], net.head_dim
    rows = cut(picture, patch)
    matrix = kernel_at(net, patch).transpose(2, 3, 1, 0).reshape(rows.shape[1], -1)
    embedded = rows @ matrix + net.w["patch_embed.proj.bias"]
    places = places_at(net, len(picture) // patch) if places is None else places
    z = np.concatenate([net.w["cls_token"][0], embedded]) + places
    stream, middle, hidden = [z], [], []
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("q", "k", "v", "attention", "sums")}
    for layer in range(net.says["depth"]):
        b = f"blocks.{layer}"
        qkv = linear(norm(z, net, f"{b}.norm1"), net, f"{b}.attn.qkv").reshape(len(z), 3, heads, wide)
        q, k, v = qkv.transpose(1, 2, 0, 3)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(wide)
        weights = softmax(scores)
        for key, value in (("q", q), ("k", k), ("v", v), ("attention", weights), ("sums", np.exp(scores).sum(axis=-1))):
            found[key].append(value)
        z = z + linear((weights @ v).transpose(1, 0, 2).reshape(len(z), -1), net, f"{b}.attn.proj")
        middle.append(z)
        hidden.append(linear(norm(z, net, f"{b}.norm2"), net, f"{b}.mlp.fc1"))
        z = z + linear(gelu(hidden[-1], net.says["act"]), net, f"{b}.mlp.fc2")
        stream.append(z)
    logits = head(z[0], net)
    probs = softmax(logits / net.says["temperature"])
    return Forward(net, rows, matrix, embedded, places, stream, middle, **found, hidden=hidden, logits=logits, probs=probs)
