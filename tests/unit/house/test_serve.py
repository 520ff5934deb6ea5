"""The server around the app: what it has ready before anyone comes."""

from ui.state.selection import Selection
from ui.work import cached
from vit_explainer import warm


def test_the_first_visit_waits_for_no_forward_pass() -> None:
    warm.up()
    opening = Selection()
    setting = opening.model, opening.picture, opening.image_size, opening.patch_size
    assert warm.done.is_set()
    assert cached.analysis.found(*setting) is not None
    assert cached.payload.found("story", *setting) is not None
