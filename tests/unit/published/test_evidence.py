"""Published figures and claims: every mark stands for a figure of the data files or a closed form, and every source is listed."""

import csv
import re

import pytest

from published import derived, evidence
from published.results import result, settings
from ui.performance.panels import panels
from ui.performance.results import COMPUTE_FIGURES, DATA_FIGURES
from vit_core.data import SPECS
from vit_core.presets import PLACES, specs


def raw(name: str) -> list[dict[str, str]]:
    with (evidence.FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["sources", "figures", "stated", "claims", "evidence", "papers"])
def test_rows_are_whole_and_named_once(name):
    rows = raw(name)
    key = next(iter(rows[0]))
    assert len({row[key] for row in rows}) == len(rows)
    assert all(None not in row and None not in row.values() for row in rows)


def test_sources_are_known_and_used():
    own = {row["id"] for row in raw("sources")}
    assert not own & evidence.MODEL_SOURCES.keys()
    used = {figure.source for figure in evidence.figures().values()}
    used |= {key for name in ("claims", "evidence") for row in raw(name) for key in row["sources"].split(";")}
    assert own <= used
    assert used <= evidence.sources().keys()
    with pytest.raises(ValueError, match="not listed: NOBODY"):
        evidence.cite("V2;NOBODY")


def test_marks_are_filled_from_the_data_files():
    values = {row["id"]: row["value"] for row in raw("figures")}
    with SPECS.open(encoding="utf-8") as file:
        table = {row["name"]: row["top1"] for row in csv.DictReader(file)}
    for name, column in (("claims", "fact"), ("claims", "why"), ("evidence", "text"), ("papers", "words")):
        for row in raw(name):
            found = evidence.parts(row[column])
            marked = [part for part in found if part.kind != "plain"]
            marks = evidence.MARK.findall(row[column])
            assert len(marks) == len(marked) and all(part.note for part in marked)
            for mark, part in zip(marks, marked, strict=True):
                kind, *names = mark.split("|")
                if kind == "fig":
                    assert part.text == values[names[0]]
                if kind == "top1":
                    assert f"{names[1]}={part.text} [" in table[names[0]]


@pytest.mark.parametrize("mark", ["top1|ViT-B/16|I1k@1", "fig|nothing", "calc|nothing", "other|x"])
def test_a_mark_that_stands_for_nothing_is_named(mark):
    with pytest.raises(ValueError, match=re.escape(mark)):
        evidence.parts(f"a {{{mark}}} b")


def test_every_figure_is_quoted_somewhere():
    texts = "".join(text for name in ("claims", "evidence", "papers") for row in raw(name) for text in row.values())
    in_code = "".join((DATA_FIGURES | {str(k): v for k, v in COMPUTE_FIGURES.items()}).values())
    drawn = repr(panels())
    unused = [
        name
        for name, figure in evidence.figures().items()
        if f"fig|{name}}}" not in texts and name not in in_code and figure.what not in drawn
    ]
    assert not unused


def test_claims_hold_what_the_facts_hold():
    claims = evidence.claims()
    assert len(claims) == 40 and {claim.verdict for claim in claims.values()} == {"right", "imprecise", "wrong", "out of date"}
    assert evidence.VERDICTS == ("right", "imprecise", "wrong", "out of date")
    fact = {name: evidence.plain(claim.fact) for name, claim in claims.items()}
    assert "77.91% is ImageNet-1k" in fact["b16"] and "84.15%" in fact["b16"]
    assert "85.15%" in fact["l16"] and "87.76%" in fact["l16"]
    assert "86,567,656" in fact["counts"] and "304,326,632" in fact["counts"] and "632,045,800" in fact["counts"]
    assert "3,981,312" in fact["four_million"] and "3,995,148" in fact["four_million"]
    assert "201,326,592" in fact["sixteen_million"] and "402.8 MB" in fact["sixteen_million"]
    assert "4.1% at 224 px, 11.1% at 384 px and 47.1% at 1024 px" in fact["limit"]
    assert "×4.47" in fact["double"] and "×3.50 for ×3.52" in fact["superlinear"]
    assert "173.1 MB, 608.7 MB, 1.264 GB and 3.686 GB" in fact["fp16"]
    assert "12 to 14 bytes" in evidence.plain(claims["fp16"].why)
    assert all(claim.sources for claim in claims.values())


def test_derived_figures_by_hand():
    assert derived.metric(1234) == "1.234 k" and derived.metric(999.96) == "1.000 k" and derived.metric(5) == "5.000"
    assert derived.attention_parameters("ViT-B/16")[0] == f"{4 * 768**2 + 4 * 768:,}"
    assert derived.mlp_parameters("ViT-B/16")[0] == f"{8 * 768**2 + 5 * 768:,}"
    assert derived.norm_parameters("ViT-B/16")[0] == f"{25 * 2 * 768:,}"
    assert derived.pixels("ViT-B/16")[0] == "256" and derived.values("ViT-B/16")[0] == "768"
    assert derived.entries("ViT-B/16", "384", "0")[0] == f"{12 * 576**2:,}"


DATED = {
    "figures": ("value", "what", "source", "setting"),
    "stated": ("source", "place", "setting"),
    "settings": ("size", "training", "head"),
}


def lacking(name: str, row: dict[str, str], needed: tuple[str, ...]) -> list[str]:
    """What a row of figures leaves open: an empty column, or a date on which it was read that is none."""
    empty = [column for column in (*needed, "read") if not (row.get(column) or "").strip()]
    return empty or ([] if re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", row["read"]) else ["read"])


@pytest.mark.parametrize("name", DATED)
def test_every_figure_says_where_it_stands_in_which_setting_and_when_it_was_read(name):
    needed = DATED[name]
    rows = raw(name)
    assert rows and not {next(iter(row.values())): found for row in rows if (found := lacking(name, row, needed))}
    for column in (*needed, "read"):
        assert lacking(name, {**rows[0], column: " "}, needed) == [column]
    assert lacking(name, {**rows[0], "read": "yesterday"}, needed) == ["read"]


def test_every_source_names_a_work_and_a_place_in_it():
    assert all(row["work"].strip() and row["place"].strip() for row in raw("sources"))
    assert all(work.strip() and place.strip() for work, place in PLACES.values())


def test_every_accuracy_of_the_table_has_its_setting_and_its_day():
    used = {(accuracy.source, accuracy.setting) for spec in specs() for accuracy in spec.top1}
    assert used == settings().keys()
    with SPECS.open(encoding="utf-8") as file:
        assert not [row["name"] for row in csv.DictReader(file) if lacking("specs", row, ("top1", "source"))]
    probed = next(spec for spec in specs() if spec.name == "DINOv2-L/14")
    assert all(not result(probed, accuracy).size_stated for accuracy in probed.top1)


def test_the_sentences_of_the_audit_hold():
    found = {name: evidence.plain(item.text) for name, item in evidence.findings().items()}
    assert "10-shot error" in found["sample_efficiency"] and "about 20×" in found["sample_efficiency"]
    assert "77.91% with the first recipe (at 384 px)" in found["i1k_recipes"] and "both at 224 px" in found["i1k_recipes"]
    assert "2.37%" in found["registers"] and "80.9%" in found["registers"]
    assert "14.6%" in found["share"] and "0.2–0.3% of accuracy" in found["merging"]
    assert "40B examples" in found["saturation"] and "77.63%" in found["few_labels"]
    claims = evidence.claims()
    assert claims["layers"].verdict == claims["counts"].verdict == "imprecise" and claims["clip_attention"].verdict == "wrong"
    assert "303,301,632" in evidence.plain(claims["counts"].fact) and "306,535,400" in evidence.plain(claims["counts"].why)
    assert "the paper’s equations have none either" in evidence.plain(claims["final_norm"].fact)
    assert "3,836" in evidence.plain(claims["mobilevit"].fact)
