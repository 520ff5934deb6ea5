"""Overview: in half a minute, a picture is cut into patches, each becomes a token, twelve blocks mix them, and one token answers.

A story that plays by itself tells it; below, the person sees the same at once, patch by patch, and where each stage is explained.
"""

from ui import shell
from ui.compare.page import comparison
from ui.overview import page

shell.require()

shell.lead("overview")
page.story()
page.onward()
with page.folded() as fold:
    if fold.open:
        page.stage()
        comparison("overview")
page.sections()
