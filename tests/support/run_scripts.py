"""Runs scripts one after the other in this process and says what each printed: `python run_scripts.py FOLDER`.

Output: JSON, name of the file to {"printed", "failed"}. Nothing of the app is imported here: what a script needs it has to bring itself.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback
from pathlib import Path


def run(file: Path) -> dict[str, str]:
    """What a script prints, and its error."""
    printed, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(str(file), run_name="__main__")
        except Exception:
            failed = traceback.format_exc()
    return {"printed": printed.getvalue(), "failed": failed}


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # as for a script in the folder where one stands
    found = {file.stem: run(file) for file in sorted(Path(sys.argv[1]).glob("*.py"))}
    strange = sorted({"ui", "streamlit"} & set(sys.modules))
    print(json.dumps({"found": found, "strange": strange}))
