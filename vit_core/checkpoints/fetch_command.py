"""`python -m vit_core.checkpoints fetch NAME…`: published models by their short names, for a machine room or a lecture."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.hub import Download, shelf
from vit_core.data import shelf as table
from vit_core.data.cache import cache_folder
from vit_core.data.shelf import Row

MB = 10**6
STEP = 10
"""Percent after which a line is printed where the output is no terminal."""


def main(argv: Sequence[str]) -> int:
    """Fetch what is named, or list what can be; 1 and a sentence where it cannot be had."""
    args = parser().parse_args(argv)
    if not args.names:
        print(listing())
        return 0
    try:
        wanted = shelf.find(args.names)
        for row in wanted:
            found = fetch(row)
            where = found.folder
            if args.to is not None:
                where = args.to.expanduser() / row.name
                shelf.copy(found, where)
            print(f"{row.name}: {where}")
    except CheckpointError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What has come is kept: the same command goes on from there.", file=sys.stderr)
        return 130
    served = args.to if args.to is not None else " ".join(row.name for row in wanted)
    print(f"Serve {'it' if len(wanted) == 1 else 'them'}: make app MODELS={repr(str(served)) if ' ' in str(served) else served}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m vit_core.checkpoints fetch",
        description="Download published models from the Hugging Face hub. Without a name: list them.",
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="a model of the list, a comparison (its models), or all")
    made.add_argument("--to", type=Path, metavar="FOLDER", help="put each into a folder of its own in here, to be copied or served")
    return made


def fetch(row: Row) -> Download:
    """One model, with its progress."""
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        share = 100 * done // max(1, total)
        line = f"{row.name}: {done / MB:,.1f} of {total / MB:,.1f} MB"
        if sys.stdout.isatty():
            print(f"\r{line}", end="\n" if done == total else "", flush=True)
        elif share // STEP > told:
            told = share // STEP
            print(line, flush=True)

    return shelf.fetch(row, progress=progress)


def listing() -> str:
    """What can be fetched, what it is, and whether it is here."""
    lines = [f"Published models, kept in {cache_folder()}; each page of the app works with them.", ""]
    for row in table.rows().values():
        held = "here" if shelf.here(row) else f"{row.bytes / MB:,.1f} MB"
        config = row.config
        size = f"{config.embed_dim} × {config.depth} × {config.num_heads}"
        lines.append(f"  {row.name:<19}{row.title:<25}{size:<17}{row.parameters / MB:>6.1f} M  {held:>10}  {row.family.licence}")
    lines += ["", "Width × depth × heads, parameters of the ViT, size of the file. Comparisons, each with its models:", ""]
    lines += [f"  {preset.name:<19}{preset.title}: {', '.join(row.name for row in preset.models)}" for preset in table.presets().values()]
    return "\n".join(lines)
