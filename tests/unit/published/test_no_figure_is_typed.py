"""No published figure is typed into the pages of evidence: each comes from a row of the data files."""

import re
from pathlib import Path

from published import evidence
from published.derived import stated_models
from vit_core.presets import specs

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("pages/performance.py", "pages/choosing.py", "published/guide*.py", "ui/performance/*.py", "ui/choosing/*.py")
SCRIPTS = ("assets/components/performance/*.js", "assets/components/choosing*/*.js")
SETTINGS = {"384", "512", "518", "224", "1024", "2048"}  # sides of pictures: names of settings, and answers to choose from


def published() -> set[str]:
    """Every published or stated figure that is more than a small whole number, as it may be typed."""
    found = set(evidence.accuracy_texts().values()) | {figure.value for figure in evidence.figures().values()}
    found |= {row[name].split()[0].rstrip("MB") for row in stated_models().values() for name in ("parameters", "top1", "memory_gb")}
    found |= {str(spec.params_exact) for spec in specs()} | {f"{spec.params_exact:,}" for spec in specs()}
    found |= {text.replace(",", "") for text in found}
    return {text for text in found if len(re.sub(r"\D", "", text)) >= 3 or "." in text} - SETTINGS - {"1,000", "1000", "100"}


def test_no_figure_is_typed():
    figures = published()
    assert {"77.91", "84.15", "17,666", "17666", "1.28", "45.9", "680", "2500", "86567656"} <= figures
    files = [path for pattern in (*PAGES, *SCRIPTS) for path in sorted(ROOT.glob(pattern))]
    assert len(files) >= 20
    typed = {}
    for path in files:
        text = re.sub(r"#[0-9a-f]{6}\b|0x[0-9a-f]+", "", path.read_text(encoding="utf-8"))
        found = figures & set(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.])", text))
        if found:
            typed[path.name] = sorted(found)
    assert not typed
