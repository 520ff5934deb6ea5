"""What the operator decides at the start, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GB = 10**9


@dataclass(frozen=True)
class Settings:
    """`models`: the folder of `VIT_MODELS`, or None; `shelf`: the names that stand there instead. `hub`: False with `VIT_HUB=off`. Then the
    bytes that models, traces and payloads may keep in memory: `VIT_KEEP_MODELS`, `VIT_KEEP_TRACES` and `VIT_KEEP_PAYLOADS`, in GB.
    `problems`: a sentence for each value that cannot be."""

    models: Path | None = None
    shelf: tuple[str, ...] = ()
    hub: bool = True
    keep_models: int = 2 * GB
    keep_traces: int = 3 * GB // 2
    keep_payloads: int = GB // 2
    problems: tuple[str, ...] = ()


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment; what cannot be used is left at its default, and said."""
    values: dict[str, Any] = {}
    problems = []
    folder = environment.get("VIT_MODELS", "").strip()
    if folder and Path(folder).expanduser().is_dir():
        values["models"] = Path(folder).expanduser().resolve()
    elif folder:
        values["shelf"], problem = of_shelf(folder)
        problems += [problem] if problem else []
    values["hub"] = environment.get("VIT_HUB", "").strip().lower() not in ("off", "0", "no", "false")
    for field in ("keep_models", "keep_traces", "keep_payloads"):
        text = environment.get(f"VIT_{field.upper()}", "").strip()
        if not text:
            continue
        try:
            amount = float(text)
        except ValueError:
            amount = 0.0
        if 0 < amount < 10**6:
            values[field] = round(amount * GB)
        else:
            problems.append(f"VIT_{field.upper()} must be a number of GB above 0; got “{text[:20]}”.")
    told = environment.get("VIT_CORES", "").strip()  # `ui.work.turns` reads it
    if told and not (told.isascii() and told.isdigit() and int(told) > 0):
        problems.append(f"VIT_CORES must be a whole number above 0; got “{told[:20]}”.")
    return Settings(**values, problems=tuple(problems))


def of_shelf(text: str) -> tuple[tuple[str, ...], str]:
    """The models of the shelf that are named; and a sentence, if these are no such names, or if some are not on this machine."""
    from vit_core.checkpoints.errors import CheckpointError
    from vit_core.checkpoints.hub import shelf

    try:
        rows = shelf.find(text.replace(",", " ").split())
    except CheckpointError:
        return (), f"There is no folder “{Path(text).name}”: start the app with `make app MODELS=folder`."
    missing = [row.name for row in rows if shelf.here(row) is None]
    command = f"python -m vit_core.checkpoints fetch {' '.join(missing)}"
    return tuple(row.name for row in rows), f"Not on this machine: {', '.join(missing)}. Fetch first: `{command}`." if missing else ""
