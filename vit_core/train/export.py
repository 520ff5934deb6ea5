"""From a finished run to what the app ships: weights with their temperature, snapshots, measures, curves and the model card."""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vit_core import checkpoints
from vit_core.model import VisionTransformer
from vit_core.train import curves, model_card, snapshots
from vit_core.train.datasets import LabelledImages
from vit_core.train.evaluate import MAIN, accuracy, evaluate, see
from vit_core.train.recipes import RECIPES, Recipe
from vit_core.train.run import Run

NAME = "tiny-vit"
EARLY, MIDDLE = 0.1, 0.5
SCORED = 500
REPEATED_STEPS, REPEATED_BATCH = 50, 8


def measure(weights: Path, data: LabelledImages, train: LabelledImages, recipe: Recipe, seed: int, device: str) -> dict:
    """Every measure of a weight file, with a hash of its weights. Kept in `evaluation.json` beside it, and read from there while the same
    pictures and weights are asked for: the whole validation set takes minutes on a GPU and half an hour on two CPU cores."""
    kept = weights.parent / "evaluation.json"
    model = checkpoints.load(weights).to(device)
    digest = fingerprint(model)
    if kept.is_file():
        before = json.loads(kept.read_text(encoding="utf-8"))
        if before["weights_sha256"] == digest and before["pictures"] == len(data):
            return before
    scores = [
        {"snapshot": int(path.stem), **accuracy(see(checkpoints.load(path).to(device), data[:SCORED], MAIN).logits, data.labels[:SCORED])}
        for path in sorted((weights.parent / "snapshots").glob("*.safetensors"))
    ]
    found = {
        "weights_sha256": digest,
        **evaluate(model, data),
        "repeat": repeatability(model, train, recipe, seed, device),
        "snapshots": {"pictures": min(SCORED, len(data)), "scores": scores},
    }
    kept.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def fingerprint(model: VisionTransformer) -> str:
    """A hash of the weights that does not depend on how a file orders them."""
    weights = model.state_dict()
    return hashlib.sha256(b"".join(name.encode() + weights[name].cpu().numpy().tobytes() for name in sorted(weights))).hexdigest()


def repeatability(model: VisionTransformer, train: LabelledImages, recipe: Recipe, seed: int, device: str) -> dict:
    """The largest difference in loss between two runs of `REPEATED_STEPS` small steps from the same seed on the same machine."""
    small = replace(recipe, batch=REPEATED_BATCH, medium_batch=REPEATED_BATCH, large_batch=REPEATED_BATCH)

    def losses() -> list[float]:
        fresh = VisionTransformer(model.config).init_weights(seed)
        with tempfile.TemporaryDirectory() as folder:
            run = Run(fresh, small, train[:1000], Path(folder), seed, steps=REPEATED_STEPS, device=device)
            return [run.train_step()["loss"] for _ in range(REPEATED_STEPS)]

    gaps = [abs(first - second) for first, second in zip(losses(), losses(), strict=True)]
    return {"steps": REPEATED_STEPS, "batch": REPEATED_BATCH, "largest_difference": max(gaps)}


def export(out: Path, folder: Path, measures: dict, about: dict, seed: int) -> None:
    """Write `tiny-vit.safetensors`, `tiny-vit.json`, `snapshots/`, `training.csv`, `training.svg` and `MODEL_CARD.md` to `folder`.

    `about` says how the run was started (see `command.describe`); minutes, steps and pictures come from its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = checkpoints.load(out / "weights.safetensors")
    config = model.config.replace(temperature=round(measures["calibration"]["temperature"], 4))
    checkpoints.save(model.state_dict(), config, folder / f"{NAME}.safetensors")
    log = curves.read_log(out / "train.csv")
    recipe = RECIPES[about["recipe"]["name"]]
    seen = sum(recipe.batch_size((int(row["image_size"]), int(row["patch_size"]))) for row in log)
    totals = {"minutes": log[-1]["seconds"] / 60, "steps": int(log[-1]["step"]), "progress": log[-1]["progress"], "pictures_seen": seen}
    scores = [{**row, **moment(log, row["snapshot"] / 100)} for row in measures["snapshots"]["scores"]]
    rows = curves.thin(log)
    curves.write_csv(rows, folder / "training.csv")
    (folder / "training.svg").write_text(curves.draw(rows, scores), encoding="utf-8")
    result = {
        "name": NAME,
        "parameters": sum(p.numel() for p in model.parameters()),
        "config": config.to_dict(),
        "run": {**about, **totals},
        "measures": {**measures, "snapshots": {**measures["snapshots"], "scores": scores}},
        "shipped_snapshots": ship_snapshots(out / "snapshots", folder / "snapshots", log, about["init"] is not None, seed),
    }
    (folder / f"{NAME}.json").write_text(json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    model_card.write(folder / f"{NAME}.json")


def moment(log: Sequence[curves.LogRow], share: float) -> curves.Row:
    """When a share of the budget was spent: minutes and step."""
    if share <= 0:
        return {"minutes": 0.0, "step": 0}
    row = next((row for row in log if row["progress"] >= share), log[-1])
    return {"minutes": row["seconds"] / 60, "step": int(row["step"])}


def ship_snapshots(taken: Path, folder: Path, log: Sequence[curves.LogRow], trained_before: bool, seed: int) -> list[dict]:
    """Untrained weights, those that the run started from if they were trained before, and the run's early and middle ones, in 8 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    start = checkpoints.load(taken / "000.safetensors")
    chosen: list[tuple[str, VisionTransformer, float | None]] = [("Untrained", start, 0.0)]
    if trained_before:
        untrained = VisionTransformer(start.config).init_weights(seed)
        chosen = [("Untrained", untrained, None), ("Start of this run, from weights trained before", start, 0.0)]
    for label, at in (("Early", EARLY), ("Middle", MIDDLE)):
        chosen.append((label, checkpoints.load(taken / f"{round(100 * at):03d}.safetensors"), at))
    rows = []
    for index, (label, model, share) in enumerate(chosen):
        when = {"minutes": None, "step": None} if share is None else moment(log, share)
        path = folder / f"{index}-{label.split()[0].lower()}.safetensors"
        snapshots.save(model, path, label, when["minutes"], when["step"])
        rows.append({"file": f"{folder.name}/{path.name}", "label": label, **when})
    return rows


def rounded(value: Any) -> Any:
    """The same plain values with floats at six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value
