"""`vit-explainer save`: a view of a picture as one page."""

import argparse
import sys
from pathlib import Path

from vit_explainer import show

VIEWS = (
    "attention (if nothing is said), walkthrough, patches, embedding, positions, features, experiments, practice, choosing, lessons, "
    "story, memory, variants, performance or glossary"
)


def options(arguments: list[str]) -> argparse.Namespace:
    """The options of `save`. SystemExit with one sentence where one can't be."""
    told = "Writes a view of a picture as one page that needs nothing else."
    parser = argparse.ArgumentParser(prog="vit-explainer save", description=told)
    parser.add_argument("picture", help="a picture's file")
    parser.add_argument("--view", default="attention", help=VIEWS)
    parser.add_argument("--size", type=int, help="side of the picture in pixels (the model's own)")
    parser.add_argument("--patch", type=int, help="side of a patch in pixels (the model's own)")
    parser.add_argument("--model", help="a model's file, folder or hub name (the bundled one)")
    parser.add_argument("--layer", type=int, help="from 1 (the one found for the picture)")
    parser.add_argument("--head", type=int, help="from 1 (the one found for the picture)")
    parser.add_argument("--token", type=int, default=0, help="0 is [CLS], where the model has one")
    parser.add_argument("--out", help="where the page is written (VIEW.html)")
    return parser.parse_args(arguments)


def save(arguments: list[str]) -> None:
    """Run the model on a picture and write the view. SystemExit with one sentence where that can't be."""
    import vit_core

    given = options(arguments)
    try:
        model = vit_core.load(given.model) if given.model else vit_core.load()
        image = vit_core.open_image(given.picture)
        pixels = vit_core.preprocess(image, model, image_size=given.size or model.config.image_size)
        trace = model(pixels, patch_size=given.patch or model.config.patch_size)
        place = {name: value - 1 for name in ("layer", "head") if (value := getattr(given, name)) is not None}
        page = show(trace, given.view, token=given.token, picture=Path(given.picture).name, image=image, **place)
        file = page.save(given.out or f"{given.view}.html")
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print(f"{file}: {page!r}")
