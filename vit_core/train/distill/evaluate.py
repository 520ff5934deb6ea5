"""How much of its teacher a student has become: accuracy beside the teacher's at many sizes, agreement, positions, attention, gallery.

`python -m vit_core.train.distill.evaluate WEIGHTS --teacher FOLDER --data FOLDER --out evaluation.json` measures; `--limit 500` is a
quick look.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from vit_core import checkpoints
from vit_core.model import VisionTransformer
from vit_core.study.position_experiments import position_edits
from vit_core.train.calibration import calibration
from vit_core.train.datasets import LabelledImages, load_split
from vit_core.train.distill.command import names_in
from vit_core.train.distill.pictures import UNKNOWN, classes_of
from vit_core.train.distill.products import use_half_products
from vit_core.train.evaluate import (
    GALLERY,
    LARGEST_BOX,
    SIGMAS,
    accuracy,
    box_ratio,
    centre_gaussian,
    coverage,
    gallery_predictions,
    inputs,
    neighbour_share,
    see,
)
from vit_core.train.export import fingerprint
from vit_core.train.recipes import Setting

MAIN: Setting = (224, 16)
LIKE_TEACHER: tuple[Setting, ...] = ((112, 8), (160, 16), (224, 8), (384, 16), (448, 32))
FEW_TOKENS: tuple[Setting, ...] = ((224, 32), (128, 16), (112, 16), (64, 16))
MANY_TOKENS = 400  # beyond these a setting is measured on a quarter of the pictures
LATE = 4  # layers, counted from the last, whose [CLS] attention is looked at


@dataclass(frozen=True)
class Validation:
    """Labelled pictures in the classes of the models: `labels` index the models' classes, `known` lists those that occur, sorted."""

    data: LabelledImages
    known: Int[Tensor, " known"]

    def __getitem__(self, which: slice) -> "Validation":
        return Validation(self.data[which], self.known)


def validation(folder: str | Path, names: Sequence[str], limit: int | None = None) -> Validation:
    """The validation pictures of `folder` whose class is one of `names`. ValueError if there is none."""
    data = load_split(folder, "val")
    class_file = Path(folder) / "classes.json"
    rows = json.loads(class_file.read_text(encoding="utf-8")) if class_file.is_file() else [{"name": name} for name in data.classes]
    places = torch.tensor(classes_of(rows, names))
    labels = places[data.labels]
    keep = (labels != UNKNOWN).nonzero().flatten()[:limit]
    if not len(keep):
        raise ValueError(f"{folder} has no validation picture of a class that the models name.")
    return Validation(replace(data[keep], labels=labels[keep], classes=tuple(names)), places[places != UNKNOWN].sort().values)


def mosaics(data: LabelledImages, count: int, seed: int = 0) -> LabelledImages:
    """`count` mosaics of 2×2 of the pictures, chosen at random, without labels or boxes."""
    chosen = torch.randint(len(data), (count, 2, 2), generator=torch.Generator().manual_seed(seed))
    side = data.images.shape[1]
    tiles = data.images[chosen].permute(0, 1, 3, 2, 4, 5).reshape(count, 2 * side, 2 * side, 3)
    return LabelledImages(tiles, torch.full((count,), UNKNOWN), data.classes)


@dataclass
class Remembered:
    """A model's logits, kept in a folder by model, pictures and setting: the teacher has to be asked once. Folder None: nothing is kept."""

    model: VisionTransformer
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.digest = fingerprint(self.model)

    def logits(self, data: LabelledImages, setting: Setting) -> Float[Tensor, "count classes"]:
        """The logits of all pictures at one (image size, patch size)."""
        if self.folder is None:
            return see(self.model, data, setting).logits
        pictures = hashlib.sha256(data.images.numpy().tobytes()).hexdigest()
        name = hashlib.sha256(f"{self.digest} {pictures} {setting}".encode()).hexdigest()[:24]
        file = self.folder / f"{name}.pt"
        if not file.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            torch.save(see(self.model, data, setting).logits, part)
            part.replace(file)
        return torch.load(file, weights_only=True)


def compared(student: Tensor, teacher: Tensor, labels: Tensor) -> dict:
    """Accuracy of both, their quotient, and the share of pictures that both give the same first answer."""
    mine, theirs = accuracy(student, labels), accuracy(teacher, labels)
    ratio = mine["top1"] / theirs["top1"] if theirs["top1"] else None
    return {**mine, "teacher": theirs, "ratio": ratio, "agreement": same_answer(student, teacher)}


def same_answer(student: Float[Tensor, "count classes"], teacher: Float[Tensor, "count classes"]) -> float:
    """Share of pictures whose likeliest class is the same for both."""
    return (student.argmax(1) == teacher.argmax(1)).double().mean().item()


def without_corners(grid: int) -> Bool[Tensor, " patches"]:
    """Which patches of a grid are neither in a corner nor directly beside one: late layers use those as attention sinks."""
    place = torch.arange(grid)
    edge = torch.minimum(place, grid - 1 - place)
    return (edge[:, None] + edge[None, :] > 1).flatten()


@torch.inference_mode()
def box_attention(model: VisionTransformer, data: LabelledImages, setting: Setting = MAIN, batch: int = 20) -> dict:
    """[CLS] attention inside the object's box over the box's share, mean over pictures whose box is at most `LARGEST_BOX` of them.

    Corner patches are left out of attention, boxes and pictures. `best_head` is the best of all heads of the last `LATE` layers,
    `mean_head` the mean of their maps; `gaussians` are guesses that see nothing. ValueError where the data has no boxes.
    """
    if data.boxes is None:
        raise ValueError("Attention in boxes needs pictures with boxes; these have none.")
    size, patch = setting
    keep = without_corners(size // patch)
    covered = coverage(data.boxes, data.images.shape[1], size // patch)[:, keep]
    small = (covered.mean(dim=1) <= LARGEST_BOX) & (covered.sum(dim=1) > 0)
    data, covered = data[small], covered[small]
    maps = []
    for start in range(0, len(data), batch):
        trace = model(inputs(data.images[start : start + batch], size, model.config.preprocessing), patch)
        layers = range(max(0, trace.depth - LATE), trace.depth)
        maps.append(
            torch.cat([trace.attn_weights(layer, trace.layout.cls)[:, :, 0, trace.layout.patches] for layer in layers], dim=1)[:, :, keep]
        )
    attention = torch.cat(maps)
    ratios = torch.stack([box_ratio(head, covered).mean() for head in attention.unbind(dim=1)])
    best = int(ratios.argmax())
    first = model.config.depth - min(LATE, model.config.depth)
    prior = {
        str(sigma): box_ratio(centre_gaussian(size // patch, sigma)[:, keep].expand_as(covered), covered).mean().item() for sigma in SIGMAS
    }
    return {
        "pictures": len(data),
        "largest_box": LARGEST_BOX,
        "best_head": ratios[best].item(),
        "best": {"layer": first + best // model.config.num_heads, "head": best % model.config.num_heads},
        "mean_head": box_ratio(attention.mean(dim=1), covered).mean().item(),
        "gaussians": prior,
    }


def positions(model: VisionTransformer, data: LabelledImages) -> dict:
    """Which share of the position table is likest to a direct neighbour, and the accuracy at `MAIN` with positions broken."""
    config, prefix = model.config, model.config.num_pos_prefix
    found = neighbour_share(model.pos_embed[0, prefix:].detach().cpu(), config.native_grid)
    for way, edits in position_edits(config, (MAIN[0] // MAIN[1],) * 2).items():
        if way in ("kept", "zeroed", "shuffled"):
            found[way] = accuracy(see(model, data, MAIN, edits=edits or None).logits, data.labels)["top1"]
    return {"pictures": len(data), **found}


def measured(student: VisionTransformer, teacher: Remembered, val: Validation, many: int, few: int, quick: bool) -> dict:
    """Every measure, as plain values fit for JSON; shares lie between 0 and 1.

    All pictures are seen at `MAIN`, `many` at the other settings (a quarter of them where tokens are many) and as many mosaics, `few` for
    positions and attention. quick: `MAIN`,
    one setting of few tokens, and the gallery.
    """
    mine = Remembered(student)
    settings = (MAIN, (224, 32)) if quick else (MAIN, *LIKE_TEACHER, *FEW_TOKENS)
    rows, main = [], torch.empty(0)
    for setting in settings:
        slow = (setting[0] // setting[1]) ** 2 > MANY_TOKENS
        data = val.data if setting == MAIN else val.data[: max(1, many // 4) if slow else many]
        own, theirs = mine.logits(data, setting), teacher.logits(data, setting)
        rows.append({"image_size": setting[0], "patch_size": setting[1], "pictures": len(data), **compared(own, theirs, data.labels)})
        if setting == MAIN:
            main, asked = own, theirs
    places = torch.searchsorted(val.known, val.data.labels)
    restricted = {
        "student": accuracy(main[:, val.known], places)["top1"],
        "teacher": accuracy(asked[:, val.known], places)["top1"],
        "classes": len(val.known),
    }
    calibrated = calibration(main, val.data.labels)
    found = {
        "weights_sha256": mine.digest,
        "pictures": len(val.data),
        "settings": rows,
        "restricted": restricted,
        "calibration": calibrated,
        "gallery": gallery_predictions(student, GALLERY, calibrated["temperature"]),
    }
    if quick:
        return found
    tiles = mosaics(val.data, many)
    found["mosaics"] = {"pictures": many, "agreement": same_answer(mine.logits(tiles, MAIN), teacher.logits(tiles, MAIN))}
    found["positions"] = positions(student, val.data[:few])
    if val.data.boxes is not None:
        found["attention"] = {"student": box_attention(student, val.data[:few]), "teacher": box_attention(teacher.model, val.data[:few])}
    return found


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vit_core.train.distill.evaluate", description="Measure a student beside its teacher.")
    parser.add_argument("weights", help="the student: a file that `vit_core.load` reads")
    parser.add_argument("--teacher", required=True, help="file or folder of the teacher")
    parser.add_argument("--labels", help="names of the teacher's classes, if it has none: one a line, or JSON")
    parser.add_argument("--data", required=True, help="folder with val.npz and classes.json, or val/ with one sub-folder a class")
    parser.add_argument("--out", help="JSON file to write; printed if not given")
    parser.add_argument("--limit", type=int, help="use only the first so many validation pictures")
    parser.add_argument("--many", type=int, default=2000, help="pictures at other sizes than the main one, and mosaics")
    parser.add_argument("--few", type=int, default=1000, help="pictures for positions and attention")
    parser.add_argument("--quick", action="store_true", help="two settings and the gallery only")
    parser.add_argument(
        "--half", action="store_true", help="multiply in bfloat16: faster where the processor has it, and as good for a look"
    )
    parser.add_argument("--cache", help="folder that keeps the teacher's answers for the next time")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 1 and a sentence where the options do not fit."""
    args = arguments().parse_args(argv)
    try:
        teacher = checkpoints.load(args.teacher, labels=names_in(args.labels) or None)
        student = checkpoints.load(args.weights)
        if student.config.num_classes != teacher.config.num_classes:
            raise ValueError(f"Student and teacher name different classes: {student.config.num_classes} and {teacher.config.num_classes}.")
        if teacher.config.labels and not student.config.labels:
            student = checkpoints.load(args.weights, labels=teacher.config.labels)
        val = validation(args.data, teacher.config.labels or student.config.labels, args.limit)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if args.half:
        use_half_products(student)
        use_half_products(teacher)
    asked = Remembered(teacher, Path(args.cache) if args.cache else None)
    count = len(val.data)
    found = measured(student, asked, val, min(args.many, count), min(args.few, count), args.quick)
    text = json.dumps({**found, "half": args.half}, indent=1, ensure_ascii=False)
    if args.out:
        Path(args.out).write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
