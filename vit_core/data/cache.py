"""Where this machine keeps what was downloaded, or made once for all starts."""

import os
from pathlib import Path


def cache_folder(cache: str | Path | None = None) -> Path:
    """The folder that is given, or that of `VIT_CACHE`, or the usual one; it need not exist."""
    return Path(cache or os.environ.get("VIT_CACHE") or Path.home() / ".cache" / "vit-explainer" / "hub")
