"""How the patch grid page cuts a picture: more sizes than the rest of the app, and pictures that are not square."""

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from ui.kit.patches import PATCHES
from ui.state import view
from ui.state.selection import Selection, Sizes, nearest

if TYPE_CHECKING:
    from vit_core.images import Fit

SIZES = (32, 1024)
GRIDS = (2, 64)
BUNDLED = Sizes()
FITS: "dict[str, Fit]" = {"crop": "crop", "pad": "pad", "keep": "stretch"}
"""What a person chooses, and how `vit_core.images.fit` then brings the picture to the shape of `Setting.shape`."""


@dataclass(frozen=True)
class Setting:
    """Resolution and patch size in pixels. `keep` keeps the picture's proportions, to a whole number of patches: `size` is then the longer
    side.
    """

    size: int
    patch: int
    fit: str = "crop"

    def shape(self, source: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the model's input, for a picture of height and width `source`."""
        if self.fit != "keep":
            return self.size, self.size
        short = int(self.size * min(source) / max(source) / self.patch + 0.5) * self.patch
        other = min(self.size, max(GRIDS[0] * self.patch, short))
        return (other, self.size) if source[0] <= source[1] else (self.size, other)


def patches_of(sizes: Sizes) -> list[int]:
    """The patch sizes of the page's slider: the usual ones, and the model's own; each has a resolution."""
    return [p for p in sorted({*PATCHES, *sizes.patch_sizes}) if 2 <= p <= PATCHES[-1] and -(-SIZES[0] // p) <= grids_of(sizes)[1]]


def grids_of(sizes: Sizes) -> tuple[int, int]:
    """Fewest and most patches along one side."""
    return min(GRIDS[0], sizes.grids[0]), min(GRIDS[1], sizes.most)


def nearest_size(wanted: int, patch: int, sizes: Sizes = BUNDLED) -> int:
    """The resolution closest to `wanted` that `patch` divides into a grid that the model takes."""
    fewest, most = grids_of(sizes)
    low = -(-max(min(SIZES[0], sizes.image_size), fewest * patch) // patch) * patch
    high = min(SIZES[1], most * patch) // patch * patch
    return nearest(wanted, range(low, high + 1, patch))


def nearest_pair(size: int, patch: int, sizes: Sizes = BUNDLED) -> tuple[int, int]:
    """The pair that can be cut with the least change, counted as the sum of both relative changes."""
    pairs = [(nearest_size(size, p, sizes), p) for p in patches_of(sizes)]
    return min(pairs, key=lambda pair: abs(log(pair[0] / size)) + abs(log(pair[1] / patch)))


def setting_of(selection: Selection, sizes: Sizes = BUNDLED) -> tuple[Setting, str | None]:
    """What the page cuts: its own setting, if the link's view has one for the app's sizes, else the app's; and a sentence if it was
    changed.
    """
    asked = own_cut(selection)
    if asked is None:
        return Setting(selection.image_size, selection.patch_size), None
    size, patch, fit = asked
    held = Setting(*nearest_pair(size, patch, sizes), fit)
    if (held.size, held.patch) == (size, patch):
        return held, None
    return held, f"{size} pixels cannot be cut into patches of {patch} here; the nearest that can is {held.size} / {held.patch}."


def own_cut(selection: Selection) -> tuple[int, int, str] | None:
    """Resolution, patch size and fit that the link asks for on this page alone; None where it asks for none, or for another selection."""
    asked = view.read("patch_grid", selection.view)
    size, patch, fit = asked["grid"] or (None, None, "")
    if size is None or patch is None or asked["over"] != [selection.image_size, selection.patch_size]:
        return None
    return size, patch, fit


def own_token(selection: Selection) -> int | None:
    """The token that the link names in the page's own cut; None where it names none, or the cut is the app's."""
    return None if own_cut(selection) is None else view.read("patch_grid", selection.view, "at")


def limits(sizes: Sizes) -> dict:
    """The bounds of the sliders with a model, and what the rest of the app can show, for the browser."""
    return {
        "limits": {"sizes": [min(SIZES[0], sizes.image_size), SIZES[1]], "patches": patches_of(sizes), "grids": list(grids_of(sizes))},
        "app": {"sizes": list(sizes.image_sizes), "patches": list(sizes.patch_sizes), "grids": list(sizes.grids)},
    }
