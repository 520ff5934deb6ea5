"""How good a model is, in numbers: accuracy at many grids, whether its attention finds the object, how honest its confidence is.

`python -m vit_core.train.evaluate WEIGHTS --data DIR --limit 300` prints them for any weights.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from tqdm import tqdm

from vit_core import checkpoints
from vit_core.config import Preprocessing
from vit_core.images import open_image, preprocess
from vit_core.model import Edits, VisionTransformer
from vit_core.positions import cosine_similarity
from vit_core.study.position_experiments import position_edits
from vit_core.train.calibration import calibration
from vit_core.train.datasets import LabelledImages, load_split
from vit_core.train.recipes import Setting

MAIN = (224, 16)
SETTINGS: tuple[Setting, ...] = (MAIN, (64, 16), (56, 8), (64, 8), (112, 8), (56, 4), (128, 8), (64, 4))
ROOT = Path(__file__).resolve().parents[2]
GALLERY = next(ROOT.glob("vit_explainer/assets/images"), ROOT / "assets" / "images")  # installed, or in a clone
BATCH_TOKENS = 8192
LARGEST_BOX = 0.6
SIGMAS = (0.25, 0.15, 0.35)  # the first is the one to beat


@dataclass(frozen=True)
class Seen:
    """One pass over M pictures: `logits` `[M, K]`, and the last layer's attention from [CLS] to the patches, `[M, heads, N]`, if kept."""

    logits: Float[Tensor, "count classes"]
    cls_attention: Float[Tensor, "count heads patches"] | None


def inputs(images: UInt8[Tensor, "batch side side 3"], size: int, preprocessing: Preprocessing) -> Float[Tensor, "batch 3 size size"]:
    """Pictures as a model's input: resized bilinearly (antialiased where they shrink) to `size` pixels, then normalised."""
    pixels = images.permute(0, 3, 1, 2).float() / 255
    if size != images.shape[1]:
        pixels = F.interpolate(pixels, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
    mean, std = (torch.tensor(v, device=images.device).view(1, 3, 1, 1) for v in (preprocessing.mean, preprocessing.std))
    return (pixels - mean) / std


@torch.inference_mode()
def see(model: VisionTransformer, data: LabelledImages, setting: Setting, attention: bool = False, edits: Edits | None = None) -> Seen:
    """Run a model over all pictures at one (image size, patch size), in pixels, with a progress bar."""
    size, patch_size = setting
    grid = size // patch_size
    batch = max(1, BATCH_TOKENS // (grid * grid + 1))
    device = model.pos_embed.device
    logits, weights = [], []
    for start in tqdm(range(0, len(data), batch), desc=f"{size}/{patch_size} px, {grid}×{grid}", leave=False):
        trace = model(inputs(data.images[start : start + batch].to(device), size, model.config.preprocessing), patch_size, edits)
        logits.append(trace.logits.float().cpu())
        if attention:
            if trace.layout.cls is None:
                raise ValueError("Attention from [CLS] needs a model with a class token; this one has none.")
            weights.append(trace.attn_weights(trace.depth - 1, trace.layout.cls)[:, :, 0, trace.layout.patches].float().cpu())
    return Seen(torch.cat(logits), torch.cat(weights) if attention else None)


def accuracy(logits: Float[Tensor, "count classes"], labels: Int[Tensor, " count"]) -> dict[str, float]:
    """Shares of pictures whose class is the likeliest (`top1`), or among the five likeliest (`top5`)."""
    hits = logits.topk(min(5, logits.shape[1])).indices == labels.view(-1, 1)
    return {"top1": hits[:, 0].double().mean().item(), "top5": hits.any(dim=1).double().mean().item()}


def coverage(boxes: Float[Tensor, "count 4"], side: int, grid: int) -> Float[Tensor, "count patches"]:
    """Share of every patch that a box covers: `[M, grid²]`, in raster order. Boxes are edges x0, y0, x1, y1 in pixels, of `side`."""
    edges = torch.arange(grid + 1, dtype=boxes.dtype) * side / grid

    def along(low: Tensor, high: Tensor) -> Tensor:
        overlap = torch.minimum(high[:, None], edges[1:]) - torch.maximum(low[:, None], edges[:-1])
        return overlap.clamp(min=0) * grid / side

    return (along(boxes[:, 1], boxes[:, 3])[:, :, None] * along(boxes[:, 0], boxes[:, 2])[:, None, :]).flatten(1)


def box_ratio(attention: Float[Tensor, "count patches"], covered: Float[Tensor, "count patches"]) -> Float[Tensor, " count"]:
    """Per picture: the share of the attention that falls inside the box, over the box's share of the picture. 1 if it ignores boxes."""
    inside = (attention * covered).sum(dim=1) / attention.sum(dim=1)
    return inside / covered.mean(dim=1)


def centre_gaussian(grid: int, sigma: float) -> Float[Tensor, "1 patches"]:
    """What a guess that objects are in the middle would attend to; `sigma` in sides of the picture. Sums to 1."""
    place = (torch.arange(grid) + 0.5) / grid - 0.5
    profile = torch.exp(-(place**2) / (2 * sigma**2))
    blob = (profile[:, None] * profile[None, :]).flatten()
    return (blob / blob.sum())[None]


def box_attention(attention: Float[Tensor, "count heads patches"], boxes: Float[Tensor, "count 4"], side: int) -> dict:
    """`box_ratio` over the pictures whose box is at most `LARGEST_BOX` of them, for attention and for guesses that see no picture.

    Each entry has `ratio`, the mean over pictures, and `of_sums`, all attention in boxes over all boxes' area, in which large boxes count
    for more. `mean_head` is the mean of all heads' weights. The guesses: Gaussians at the centre, and `mean_map`, the mean head averaged
    over all pictures, which knows where this model looks on average but not what it looks at.
    """
    grid = round(attention.shape[-1] ** 0.5)
    covered = coverage(boxes, side, grid)
    small = (covered.mean(dim=1) <= LARGEST_BOX) & (covered.sum(dim=1) > 0)
    attention, covered = attention[small], covered[small]
    mean_head = attention.mean(dim=1)

    def measure(where: Tensor) -> dict[str, float]:
        ratios, share = box_ratio(where.expand_as(covered), covered), covered.mean(dim=1)
        return {"ratio": ratios.mean().item(), "of_sums": ((ratios * share).sum() / share.sum()).item()}

    heads = [measure(head) for head in attention.unbind(dim=1)]
    return {
        "pictures": int(small.sum()),
        "largest_box": LARGEST_BOX,
        "mean_box": covered.mean().item(),
        "mean_head": measure(mean_head),
        "heads": heads,
        "best_head": max(range(len(heads)), key=lambda head: heads[head]["ratio"]),
        "gaussians": [{"sigma": sigma, **measure(centre_gaussian(grid, sigma))} for sigma in SIGMAS],
        "mean_map": measure(mean_head.mean(dim=0, keepdim=True)),
    }


def neighbour_share(positions: Float[Tensor, "positions dim"], grid: tuple[int, int]) -> dict[str, float]:
    """Share of grid positions whose most similar other position, by cosine, is next to it: `direct` above, below, left or right of it,
    `around` one of the eight around it."""
    similarity = cosine_similarity(positions)
    similarity = similarity.masked_fill(torch.eye(len(positions), dtype=torch.bool), -torch.inf)
    place, best = torch.arange(len(positions)), similarity.argmax(dim=1)
    down, across = (place // grid[1] - best // grid[1]).abs(), (place % grid[1] - best % grid[1]).abs()
    near = {"direct": down + across == 1, "around": torch.maximum(down, across) == 1}
    return {name: flags.double().mean().item() for name, flags in near.items()}


@torch.inference_mode()
def gallery_predictions(model: VisionTransformer, folder: Path, temperature: float) -> list[dict]:
    """The five likeliest classes of every picture named in `folder/gallery.json` (none if there is no such file), at `MAIN`.

    `top` lists `[label, probability]`, with the temperature applied.
    """
    if not (folder / "gallery.json").is_file():
        return []
    rows = []
    for entry in json.loads((folder / "gallery.json").read_text(encoding="utf-8")):
        x = preprocess(open_image(folder / entry["file"]), model, MAIN[0]).to(model.pos_embed.device)
        probs = (model(x, MAIN[1]).logits[0].float() / temperature).softmax(dim=0)
        values, indices = probs.topk(min(5, len(probs)))
        top = [[model.config.labels[i], p] for i, p in zip(indices.tolist(), values.tolist(), strict=True)]
        rows.append({"id": entry["id"], "title": entry["title"], "top": top})
    return rows


def evaluate(
    model: VisionTransformer,
    data: LabelledImages,
    settings: tuple[Setting, ...] = SETTINGS,
    gallery: Path = GALLERY,
    many: int = 2000,
    few: int = 1000,
) -> dict:
    """Every measure of a model on labelled pictures, as plain values fit for JSON; shares and probabilities lie between 0 and 1.

    All pictures are seen at `MAIN`, `many` at the other settings, and `few` without positions or with others. Box attention is None where
    the data has no boxes.
    """
    main = see(model, data, MAIN, attention=True)
    rows = []
    for size, patch_size in settings:
        part = data if (size, patch_size) == MAIN else data[:many]
        logits = main.logits if part is data else see(model, part, (size, patch_size)).logits
        row = {"grid": size // patch_size, "image_size": size, "patch_size": patch_size, "pictures": len(part)}
        rows.append({**row, **accuracy(logits, part.labels)})
    calibrated = calibration(main.logits, data.labels)
    config, prefix, some = model.config, model.config.num_pos_prefix, data[:few]
    without = {"kept": accuracy(main.logits[:few], some.labels)["top1"]}
    for way, edits in position_edits(config, (MAIN[0] // MAIN[1],) * 2).items():
        if edits:
            without[way] = accuracy(see(model, some, MAIN, edits=edits).logits, some.labels)["top1"]
    return {
        "pictures": len(data),
        "settings": rows,
        "attention": None
        if data.boxes is None or main.cls_attention is None
        else box_attention(main.cls_attention, data.boxes, data.images.shape[1]),
        "positions": {"grid": list(config.native_grid), **neighbour_share(model.pos_embed[0, prefix:].cpu(), config.native_grid)},
        "calibration": calibrated,
        "without_positions": {"pictures": len(some), **without},
        "gallery": gallery_predictions(model, gallery, calibrated["temperature"]),
    }


def main(argv: list[str] | None = None, show: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(prog="python -m vit_core.train.evaluate", description="Measure a model on the validation pictures.")
    parser.add_argument("weights", help="a safetensors file written by vit_core")
    parser.add_argument("--data", required=True, help="folder with val.npz and classes.json, or val/ with one sub-folder a class")
    parser.add_argument("--limit", type=int, help="use only the first so many pictures")
    parser.add_argument("--main-only", action="store_true", help=f"skip the settings other than {MAIN[0]}/{MAIN[1]}")
    args = parser.parse_args(argv)
    data = load_split(args.data, "val")[: args.limit]
    show(json.dumps(evaluate(checkpoints.load(args.weights), data, (MAIN,) if args.main_only else SETTINGS), indent=2))


if __name__ == "__main__":
    main()
