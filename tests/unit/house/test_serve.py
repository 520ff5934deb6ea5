"""The server around the app: what it has ready before anyone comes."""

import subprocess
import sys

from tests.support.source import ROOT
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


def test_a_page_loads_neither_pandas_nor_pyarrow() -> None:
    """They would take a sixth of the time from the start to the first page."""
    told = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=90).run()\n"
        "print(len(app.get('bidi_component')), len(app.exception), {'pandas', 'pyarrow'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(maxsplit=2)
    assert int(said[0]) > 3 and said[1:] == ["0", "set()\n"]
