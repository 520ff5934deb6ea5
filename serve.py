"""What `make app` starts: the app, with its first picture analysed while the browser still loads the page.

`streamlit run app.py` works too; its first visitor then waits for PyTorch.
"""

import threading

import streamlit as st

from ui.state import Selection


def warm_up() -> None:
    """Import PyTorch, load the bundled model and run it on the picture that the first page shows."""
    from ui import cached

    first = Selection()
    cached.analysis(first.model, first.picture, first.image_size, first.patch_size, cached.gallery_picture(first.picture))


threading.Thread(target=warm_up, name="warm-up").start()
app = st.App("app.py")
