"""`python -m vit_core.checkpoints PATH`: what a file or folder of weights is, from headers alone. `fetch` in its place: the shelf."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from vit_core import checkpoints
from vit_core.checkpoints.class_names import read_names
from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.families.published import FAMILIES


def main(argv: Sequence[str] | None = None) -> int:
    """Print what a file or folder is; 1 and a sentence where it cannot be read. `fetch …` is another command."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] == ["fetch"]:
        from vit_core.checkpoints import fetch_command  # with the network's code, which takes 50 ms to load

        return fetch_command.main(words[1:])
    args = parser().parse_args(words)
    try:
        found = checkpoints.inspect(args.path, **given(args))
    except CheckpointError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{found.format}; {found.parameters:,} parameters, {found.bytes:,} bytes, {', '.join(found.dtypes)}")
    fields, labels = found.config.to_dict(), found.config.labels
    fields["labels"] = f"{len(labels)} labels, from {labels[0]} to {labels[-1]}" if labels else "none"
    print(json.dumps(fields, indent=2, ensure_ascii=False))
    return 0


def parser() -> argparse.ArgumentParser:
    """The options, which are the keywords of `vit_core.load`."""
    made = argparse.ArgumentParser(prog="python -m vit_core.checkpoints", description="Say what a file or folder of weights is.")
    made.add_argument("path", help="a file or folder; or `fetch`, which downloads published models: see `fetch --help`")
    made.add_argument("--family", help=f"published settings for what the file does not say: {', '.join(FAMILIES)}")
    made.add_argument("--num-heads", type=int)
    made.add_argument("--image-size", type=side_or_pair, help="pixels that the positions were made for: a side, or HEIGHTxWIDTH")
    made.add_argument("--part", help="of several models in a file: what stands before the names of the one that is wanted")
    made.add_argument("--accept-mapping", action="store_true", help="take the mapping that is offered for a file with names of its own")
    made.add_argument("--text-features", help="class names and their features by CLIP's text tower: .npz or .safetensors")
    made.add_argument("--labels", help="names of the classes: a text file, one a line, or JSON (a list, or an object with id2label)")
    return made


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The options as keywords of `vit_core.load`."""
    facts = {name: value for name, value in vars(args).items() if name not in ("path", "labels")}
    return facts | {"labels": None if args.labels is None else read_names(args.labels)}


def side_or_pair(text: str) -> int | tuple[int, int]:
    """A side in pixels, or height and width with an x between them; ValueError otherwise."""
    sides = [int(side) for side in text.lower().replace("×", "x").split("x")]
    if len(sides) > 2:
        raise ValueError(text)
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])
