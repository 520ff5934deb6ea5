"""The app as an installed package. In the wheel `app.py`, `pages`, `ui`, `assets` and `.streamlit` lie in this folder; see `setup.py`."""
