"""The bundled model's forward pass a second time, in float64 and NumPy alone: read from its safetensors file, sharing no code with the app.

What the app shows is compared with this. It knows the bundled model and no other: 12 layers, 12 heads, [CLS], a kernel learned at 8 × 8,
positions for 14 × 14.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "vit_core" / "data" / "models" / "tiny-vit.safetensors"
IMAGES = ROOT / "assets" / "images"
DIM, DEPTH, HEADS, EPS = 192, 12, 12, 1e-6
KERNEL, GRID, TEMPERATURE = 8, 14, 0.8877
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
KINDS = {"F16": np.float16, "F32": np.float32}


def weights() -> dict[str, np.ndarray]:
    """Every tensor of the file in float64: 8 bytes with the header's length, the header in JSON, then the numbers."""
    raw = WEIGHTS.read_bytes()
    end = 8 + int.from_bytes(raw[:8], "little")
    found = {}
    for name, entry in json.loads(raw[8:end]).items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            numbers = np.frombuffer(raw[end + first : end + last], KINDS[entry["dtype"]])
            found[name] = numbers.reshape(entry["shape"]).astype(np.float64)
    return found


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


def pixels(name: str, size: int) -> np.ndarray:
    """A picture of the gallery as the model reads it, `[size, size, 3]`: its middle square, resized, shifted and scaled."""
    file = next(file for file in IMAGES.iterdir() if file.stem == name and file.suffix in (".jpg", ".png", ".webp"))
    image = Image.open(file).convert("RGB")
    short = min(image.size)
    left, top = (image.width - short) / 2, (image.height - short) / 2
    shown = image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + short, top + short))
    return (np.asarray(shown, dtype=np.float64) / 255 - MEAN) / STD


@dataclass(frozen=True)
class Forward:
    """What the pass gives: the stream before each layer and at the end `[T, D]`, attention `[heads, T, T]` and the sums of exponentials
    `[heads, T]` of each layer, the probabilities `[classes]`."""

    stream: list[np.ndarray]
    attention: list[np.ndarray]
    sums: list[np.ndarray]
    probs: np.ndarray

    def rollout(self) -> np.ndarray:
        """How much each token draws on each: the product over the layers of half the identity and half the heads' mean."""
        product = identity = np.eye(len(self.stream[0]))
        for weights_ in self.attention:
            product = (0.5 * identity + 0.5 * weights_.mean(axis=0)) @ product
        return product


def norm(rows: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    mean = rows.mean(axis=-1, keepdims=True)
    spread = np.sqrt(((rows - mean) ** 2).mean(axis=-1, keepdims=True) + EPS)
    return (rows - mean) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(rows: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    return rows @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def embedded(w: dict[str, np.ndarray], picture: np.ndarray, patch: int) -> np.ndarray:
    """The tokens before the first layer, `[1 + N, D]`."""
    side = len(picture) // patch
    kernel = w["patch_embed.proj.weight"]
    if patch != KERNEL:
        resize = np.linalg.pinv(resampling(KERNEL, patch, triangle).T)
        kernel = np.einsum("ab,cd,oibd->oiac", resize, resize, kernel)
    cut = picture.reshape(side, patch, side, patch, 3).transpose(0, 2, 4, 1, 3).reshape(side * side, -1)
    rows = cut @ kernel.reshape(DIM, -1).T + w["patch_embed.proj.bias"]
    table = w["pos_embed"][0]
    places = table[1:].reshape(GRID, GRID, DIM)
    if side != GRID:
        resize = resampling(GRID, side, cubic)
        places = np.einsum("ab,cd,bde->ace", resize, resize, places)
    return np.concatenate([w["cls_token"][0] + table[:1], rows + places.reshape(-1, DIM)])


def forward(name: str, size: int, patch: int) -> Forward:
    """The bundled model on a picture of the gallery."""
    w = weights()
    z = embedded(w, pixels(name, size), patch)
    stream, attention, sums = [z], [], []
    for layer in range(DEPTH):
        b = f"blocks.{layer}"
        qkv = linear(norm(z, w, f"{b}.norm1"), w, f"{b}.attn.qkv").reshape(len(z), 3, HEADS, DIM // HEADS)
        q, k, v = qkv.transpose(1, 2, 0, 3)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(DIM // HEADS)
        attention.append(softmax(scores))
        sums.append(np.exp(scores).sum(axis=-1))
        z = z + linear((attention[-1] @ v).transpose(1, 0, 2).reshape(len(z), DIM), w, f"{b}.attn.proj")
        h = linear(norm(z, w, f"{b}.norm2"), w, f"{b}.mlp.fc1")
        h = h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
        z = z + linear(h, w, f"{b}.mlp.fc2")
        stream.append(z)
    logits = linear(norm(z[0], w, "norm"), w, "head")
    return Forward(stream, attention, sums, softmax(logits / TEMPERATURE))
