"""`python -m vit_core.study.explanations PICTURE …` puts all methods to the test on pictures and prints the table of their areas.

`--model` takes what `vit_core.load` takes; `--keep` is a file for what each picture gave, so that a run that was stopped goes on;
`--into docs/EXPLANATIONS.md` puts the table into a file, in place of the one that has the same `--name`.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

import vit_core
from vit_core.study.explanations import tested
from vit_core.study.explanations.gradients import asked
from vit_core.study.explanations.methods import METHODS

STEPS = tested.FEW_STEPS
ORDERS = [*(method.name for method in METHODS), "centre prior", "random, mean"]


def of_picture(model: vit_core.VisionTransformer, picture: Path, size: int, patch: int, steps: int = STEPS) -> Tensor:
    """The areas `[2, orders]` of one picture, for its likeliest class."""
    trace = model(vit_core.preprocess(vit_core.open_image(picture), model, image_size=size), patch)
    return tested.areas(torch.cat(list(tested.maps_and_curves(trace, asked(trace), steps))), trace.layout.num_patches, steps)


def of_pictures(model: vit_core.VisionTransformer, options: argparse.Namespace) -> Iterator[Tensor]:
    """The areas of each picture; those that were kept are not computed again."""
    known = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    for picture in options.pictures:
        key = f"{picture.name} {options.size} {options.patch} {STEPS} {len(METHODS)}"
        if key not in known:
            known[key] = of_picture(model, picture, options.size, options.patch).tolist()
            print(picture, file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(known))
        yield torch.tensor(known[key])


def table(found: Tensor) -> str:
    """Markdown of areas `[pictures, 2, orders]`: their means, and in how many pictures an order does better than the centre prior."""
    (removed, added), (low, high) = found.mean(dim=0), found.transpose(0, 1)
    centre = len(METHODS)
    least, most = removed[:centre].argmin(), added[:centre].argmax()
    lines = ["| order | area, removed | area, added | better than the centre: removed | added |", "| --- | --- | --- | --- | --- |"]
    for i, name in enumerate(ORDERS):
        cells = [f"**{value[i]:.4f}**" if i == best else f"{value[i]:.4f}" for value, best in ((removed, least), (added, most))]
        better = [int((low[:, i] < low[:, centre]).sum()), int((high[:, i] > high[:, centre]).sum())]
        lines.append("| " + " | ".join([name, *cells, *("" if i == centre else str(count) for count in better)]) + " |")
    return "\n".join(lines)


def put_into(file: Path, name: str, section: str) -> None:
    """The section under the heading `name`, in place of the one that is there, or at the end."""
    text = file.read_text(encoding="utf-8")
    whole = f"## {name}\n\n{section}\n"
    there = re.compile(rf"## {re.escape(name)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    made = there.sub(lambda _: whole + "\n", text) if there.search(text) else f"{text.rstrip()}\n\n{whole}"
    file.write_text(made.rstrip() + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser("python -m vit_core.study.explanations", description="Areas of all methods over pictures.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--model", help="a file, a folder or a hub name; the bundled model without it")
    parser.add_argument("--name", default="Bundled model", help="the table's heading")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--patch", type=int, default=16)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--into", type=Path)
    options = parser.parse_args(arguments)
    try:
        model = vit_core.load(options.model) if options.model else vit_core.load()
        found = torch.stack(list(of_pictures(model, options)))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    said = f"{len(found)} pictures at {options.size}/{options.patch}, {STEPS} steps a curve.\n\n{table(found)}"
    print(said)
    if options.into:
        put_into(options.into, options.name, said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
