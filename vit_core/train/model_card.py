"""The model card: written from the result of a run, `tiny-vit.json`, and from nothing else.

`python -m vit_core.train.model_card vit_core/data/models/tiny-vit.json` writes `MODEL_CARD.md` beside that file.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from vit_core.train.targets import setting, wanted

CARD = "MODEL_CARD.md"

LICENCES = {
    "tiny-imagenet-200": (
        "Tiny ImageNet-200 (Stanford CS231N), a subset of ImageNet: 64×64 photographs of 200 classes of things. Its terms allow research "
        "and education that are not commercial; the weights, made from it, are offered for the same uses. None of its pictures is part of "
        "this project."
    )
}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)])


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def render(result: dict) -> str:
    """The card as Markdown."""
    parts = (what_it_is, how_trained, targets, grids, looks, calibrated, positions, gallery, course, limits, longer, classes)
    return "\n\n".join(text for part in parts if (text := part(result))) + "\n"


def what_it_is(result: dict) -> str:
    config = result["config"]
    rows, cols = config["pos_grid"]
    return f"""# {config["name"]}: model card

Written by `python -m vit_core.train.model_card` from `{result["name"]}.json`, which `python -m vit_core.train --export` makes; not edited \
by hand.

A Vision Transformer with {result["parameters"]:,} parameters: {config["depth"]} layers, {config["num_heads"]} heads, width \
{config["embed_dim"]}, MLP {config["mlp_hidden"]}, a [CLS] token, learned positions on a table of {rows}×{cols}, and a patch kernel of \
{config["kernel_size"]}×{config["kernel_size"]} pixels. Kernel and positions are resized, so that one set of weights runs at many \
resolutions and patch sizes (after FlexiViT, Beyer et al. 2023). It names {config["num_classes"]} classes, listed at the end, and nothing \
else. Half-precision weights: `{result["name"]}.safetensors`."""


def how_trained(result: dict) -> str:
    run = result["run"]
    machine, recipe = run["machine"], run["recipe"]
    on = f"{machine['gpu']} and " if machine["gpu"] else ""
    start = "Random weights."
    if run["init"]:
        note = f" {run['init']['note']}" if run["init"]["note"] else ""
        start = f"**Not random weights**: the run started from `{run['init']['file']}`, trained before.{note}"
    augmentation = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in recipe["augmentation"].items() if value)
    stages = "; ".join(
        f"up to {stage['until']:.0%} of the time: " + ", ".join(f"{at} {share:.0%}" for at, share in stage["shares"].items())
        for stage in recipe["stages"]
    )
    done = run.get("progress", 1.0)
    early = f"; stopped at {done:.0%} of its budget" if done < 0.995 else ""
    rows = [
        ("started from", start),
        ("time", f"{run['minutes']:.0f} minutes, {run['steps']:,} steps{early}"),
        ("machine", f"{on}{machine['cores']} cores of {machine['cpu']}; PyTorch {machine['torch']}"),
        (
            "data",
            f"{run['train_pictures']:,} pictures of {run['classes']} classes ({run['data']}); {run['pictures_seen']:,} were shown, "
            f"{run['pictures_seen'] / run['train_pictures']:.1f} passes",
        ),
        (
            "optimiser",
            f"AdamW, learning rate {recipe['peak_lr']:g} to {recipe['final_lr']:g} by a cosine after {recipe['warmup']:.0%} warm-up, "
            f"β₂ {recipe['beta2']}, weight decay {recipe['weight_decay']}, gradients clipped at {recipe['clip']}; bfloat16 autocast",
        ),
        ("pictures a step", f"{recipe['batch']} (grids up to 4×4), {recipe['medium_batch']} (up to 8×8), {recipe['large_batch']} (larger)"),
        ("augmentation", augmentation),
        ("stochastic depth", f"{recipe['drop_path']:g}"),
        ("weights kept", f"moving average, {recipe['ema']} a step"),
        ("share of time for each image size/patch size", stages),
        ("seed", str(run["seed"])),
    ]
    commands = "\n".join(run["commands"])
    return f"## How it was trained\n\n```\n{commands}\n```\n\n{table(('what', 'value'), rows)}"


def targets(result: dict) -> str:
    measures, run = result["measures"], result["run"]
    word = {True: "reached", False: "**missed**"}
    rows = []
    for target in wanted(measures):
        sign = "≤" if target.at_most else "≥"
        bounds = [f"{sign} {bound:g}{target.unit}: {word[target.met(measures, bound)]}" for bound in (target.gpu, target.cpu)]
        rows.append((target.name, f"{target.value(measures):.4g}{target.unit}", *bounds))
    on_gpu = run["machine"]["gpu"] is not None
    missed = [target.name for target in wanted(measures) if not target.met(measures, target.gpu if on_gpu else target.cpu)]
    machine = "a GPU" if on_gpu else "two CPU cores"
    verdict = f"Every target for {machine} is reached."
    if missed:
        verdict = (
            f"Missed, of the targets for {machine}: {'; '.join(missed)}. The run was short: {run['minutes']:.0f} minutes "
            f"gave {run['pictures_seen'] / run['train_pictures']:.1f} passes over the training pictures."
        )
    head = ("measure", "this model", "target with a GPU", "at least, on 2 CPU cores")
    on = f"On {measures['pictures']:,} validation pictures, where the sections below name no other number."
    return f"## Measures and targets\n\n{on}\n\n{table(head, rows)}\n\n{verdict}"


def grids(result: dict) -> str:
    rows = [
        (
            f"{row['grid']}×{row['grid']}",
            f"{row['image_size']}/{row['patch_size']}",
            percent(row["top1"]),
            percent(row["top5"]),
            f"{row['pictures']:,}",
        )
        for row in sorted(result["measures"]["settings"], key=lambda row: (row["grid"], row["image_size"]))
    ]
    return "## Accuracy at every grid\n\nPictures of 64 pixels, resized bilinearly.\n\n" + table(
        ("grid", "image size/patch size, pixels", "top-1", "top-5", "validation pictures"), rows
    )


def looks(result: dict) -> str:
    found = result["measures"]["attention"]
    if found is None:
        return ""
    best = found["best_head"]
    named = [("mean of the heads", found["mean_head"]), (f"best head ({best + 1} of {len(found['heads'])})", found["heads"][best])]
    named += [(f"no model: Gaussian at the centre, σ = {row['sigma']:g} of the side", row) for row in found["gaussians"]]
    named += [("this model's mean map over all pictures, for every picture", found["mean_map"])]
    rows = [(name, f"{row['ratio']:.2f}", f"{row['of_sums']:.2f}") for name, row in named]
    return f"""## Does its attention find the object?

The share of the last layer's attention from [CLS] to patches that falls inside the object's box, over the box's share of the picture: 1 \
means that the box makes no difference. {found["pictures"]:,} validation pictures whose box is at most {found["largest_box"]:.0%} of the \
picture ({found["mean_box"]:.0%} on average), at 224/16; a patch that a box covers in part counts in part. The second column divides the \
sums over all pictures instead of averaging each picture's ratio, so that large boxes count for more. Objects tend to stand near the \
middle; the last rows show how far that alone goes.

{table(("where", "ratio, mean over pictures", "ratio of sums"), rows)}"""


def calibrated(result: dict) -> str:
    found = result["measures"]["calibration"]
    rows = [
        (name, f"{part['error']:.3f}", f"{part['nll']:.3f}", percent(part["confidence"]))
        for name, part in (("before", found["before"]), ("after", found["after"]))
    ]
    head = ("temperature", "expected calibration error", "negative log-likelihood, nats", "mean confidence")
    return f"""## Is its confidence honest?

Logits are divided by a temperature of {found["temperature"]:.3f}, stored with the weights. It was fitted on {found["fitted_on"]:,} \
validation pictures at 224/16 and is measured on the other {found["measured_on"]:,}, with {found["bins"]} bins.

{table(head, rows)}"""


def positions(result: dict) -> str:
    measures = result["measures"]
    near, without = measures["positions"], measures["without_positions"]
    replaced = {"sincos2d": "2D sine-cosine rows instead", "sincos1d": "1D sine-cosine rows instead", "random": "random rows instead"}
    names = {"kept": "kept", "zeroed": "zeroed", "shuffled": "shuffled", **replaced}
    rows = [(text, percent(without[name])) for name, text in names.items() if name in without]
    return f"""## Positions

Of the {near["grid"][0]}×{near["grid"][1]} position embeddings, {percent(near["direct"])} are most similar (cosine) to one directly above, \
below, left or right of them, and {percent(near["around"])} to one of the eight around them. Top-1 at 224/16 on {without["pictures"]:,} \
validation pictures, when the patches' positions are changed and nothing else:

{table(("positions of the patches", "top-1"), rows)}"""


def gallery(result: dict) -> str:
    measures = result["measures"]
    if not measures["gallery"]:
        return ""
    rows = [(row["title"], ", ".join(f"{label} {percent(p)}" for label, p in row["top"])) for row in measures["gallery"]]
    mean = sum(row["top"][0][1] for row in measures["gallery"]) / len(measures["gallery"])
    main = setting(measures, 224, 16)
    return f"""## Sharp photographs

The app's own pictures at 224/16. They are sharp where the training pictures are enlarged from 64 pixels, and most show things outside the \
classes. The likeliest class gets {percent(mean)} on average here; on validation pictures \
{percent(measures["calibration"]["after"]["confidence"])}, where it is right for {percent(main["top1"])}.

{table(("picture", "five likeliest classes"), rows)}"""


def course(result: dict) -> str:
    measures = result["measures"]["snapshots"]
    rows = [
        (f"{row['snapshot']}%", f"{row['minutes']:.1f}", f"{row['step']:,}", percent(row["top1"]), percent(row["top5"]))
        for row in measures["scores"]
    ]
    shipped = [
        (f"`{row['file']}`", row["label"], "not of this run" if row["minutes"] is None else f"{row['minutes']:.1f}")
        for row in result["shipped_snapshots"]
    ]
    end = f"the end is `{result['name']}.safetensors`"
    moments = f"\n\nShipped as 8-bit integers with a scale for each row, for watching it learn; {end}:\n\n"
    listed = f"{moments}{table(('file', 'what', 'minutes'), shipped)}" if shipped else ""
    return f"""## The course of training

![Loss and validation accuracy over the minutes of the run](training.svg)

The numbers are in `training.csv`. The averaged weights along the way, on {measures["pictures"]:,} validation pictures at 224/16:

{table(("share of the run", "minutes", "step", "top-1", "top-5"), rows)}{listed}"""


def limits(result: dict) -> str:
    data = LICENCES.get(
        result["run"]["data"], f"The pictures in `{result['run']['data']}`; their terms also bind what is done with the weights."
    )
    top1 = setting(result["measures"], 224, 16)["top1"]
    return f"""## Use and limits

Made to show how a Vision Transformer works, on a reader's own picture. It is small and was trained briefly: its first guess is wrong for \
{percent(1 - top1)} of the validation pictures, it knows nothing outside its classes, and it answers with one of them for any picture. Do \
not use it to decide anything. Classes and pictures carry the choices and biases of those who collected and labelled them.

Data: {data}"""


def longer(result: dict) -> str:
    return f"""## A longer run

The same command, started from random weights or from these, goes as far as its budget: `python -m vit_core.train --data DIR --out DIR \
--budget-minutes 600 --export vit_core/data/models`. On a GPU it takes the recipe for long runs by itself. It saves every few minutes; \
after an interruption the same command goes on. `--init` takes a file of weights; `{result["name"]}.safetensors` is one."""


def classes(result: dict) -> str:
    return "## What it can name\n\n" + ", ".join(result["config"]["labels"]) + "."


def write(result: Path) -> None:
    """Write the card of a result file beside it."""
    (result.parent / CARD).write_text(render(json.loads(result.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m vit_core.train.model_card RESULT.json")
    write(Path(sys.argv[1]))
