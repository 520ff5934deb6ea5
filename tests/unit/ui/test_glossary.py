"""The glossary: complete against the names of the design and the letters of the formulas, and its shapes against the model's tensors."""

import ast
import csv
import io
import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.payload import unpack
from ui import shell
from ui.glossary import explained, payload, words
from ui.kit import registry
from ui.kit.explain import ROOT
from ui.state.selection import Selection
from ui.work import cached

NAMED = """images patches tokens q k v attn_scores attn_weights head_out attn_out resid_pre norm1_out attn_update resid_mid norm2_out
mlp_pre_act mlp_post_act mlp_out mlp_update resid_post pooled logits probs num_prefix_tokens head_dim heads T_query T_key grid_h grid_w
B C H W P N T D L M K"""
NAMES = NAMED.split()
WORDS = """MAC|FLOPs|LayerNorm|GELU|SwiGLU|LayerScale|register|distillation token|[CLS]|rollout|logit lens|entropy|attention distance
fused attention|log-sum-exp|calibration|temperature|top-1|JFT-300M|ImageNet-1k|ImageNet-21k|Tiny ImageNet|pseudo-inverse resize|FlexiViT
sin-cos positions|pre-norm|pooled|quantization|token merging|windowed attention|linear attention|softmax|residual stream|patch embedding
position embedding|attention head|multi-head attention|distillation|latency|throughput|int8|AugReg|DeiT|MAE|CLIP|DINO|SAM|Swin|VTAB"""
LATEX = re.compile(
    r"\\(?:cdot|times|frac|tfrac|text|sum|q?quad|mathbb|lVert|top|sqrt|gamma|max|leftarrow|hat|Phi|sigma|cos|sin)\b|[A-Za-z]\^|_\{"
)
COMMANDS = {
    "gamma": "γ", "beta": "β", "mu": "μ", "sigma": "σ", "varepsilon": "ε", "omega": "ω", "Phi": "Φ", "Delta": "Δ", "pi": "π",
    "sum": "∑", "top": "⊤", "lVert": "∥", "partial": "∂", "exp": "exp", "cos": "cos", "sin": "sin", "tanh": "tanh", "sqrt": "√",
    "phi": "ϕ", "ell": "ℓ", "odot": "⊙", "lfloor": "⌊", "bmod": "mod",
    "rho": "ρ", "tau": "τ", "lceil": "⌈",
}  # fmt: skip
LAYOUT = """frac tfrac quad qquad cdot times left right bigl bigr ldots to leftarrow in max min log hat bar le ge approx langle rangle
rfloor rceil rVert text mathbb underbrace operatorname"""


def latex_of(source: str) -> list[str]:
    """The LaTeX in a module's strings; what an f-string puts in is a 0."""
    nodes = list(ast.walk(ast.parse(source)))
    inside = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            text = node.value
        else:
            continue
        if LATEX.search(text) and not re.search(r"\\[wds.]|<|import |\*\*|/\*|def |\[\^", text) and "\n" not in text:
            found.append(text)
    return found


def symbols_of(latex: str) -> set[str]:
    """Letters and signs that stand for something."""
    found = {"ℝ"} if r"\mathbb{R}" in latex else set()
    rest = re.sub(r"\\\\\[\d+pt\]|\\(?:text|mathbb|underbrace|operatorname)\s*\{[^{}]*\}", " ", latex)
    for command in re.findall(r"\\([A-Za-z]+)", rest):
        if command not in LAYOUT.split():
            found.add(COMMANDS.get(command, f"\\{command}"))
    rest = re.sub(r"\\[A-Za-z]+", " ", rest)
    return found | set(re.findall(r"[A-Za-z]", rest))


@pytest.fixture(scope="module")
def entries() -> tuple[words.Entry, ...]:
    return words.entries()


@pytest.fixture(scope="module", params=[(224, 16), (64, 8)])
def trace(request):
    image_size, patch_size = request.param
    return cached.analysis.__wrapped__("bundled", "coffee", image_size, patch_size, cached.gallery_picture("coffee")).trace


def forms(entry: words.Entry) -> set[str]:
    """What the browser looks for, case put aside."""
    return {form.lower() for form in (entry.term, *entry.aliases)}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_design_has_an_entry(name: str, entries) -> None:
    assert [entry.id for entry in entries if name in (entry.term, *entry.aliases)], name


def test_every_term_of_the_facts_has_an_entry(entries) -> None:
    known = {form for entry in entries for form in (entry.term, *entry.aliases)}
    wanted = [word for line in WORDS.splitlines() for word in line.split("|")]
    assert [word for word in wanted if word not in known] == []


def page_of(file: Path) -> str | None:
    """The page that a module of `ui` belongs to: the folder that holds it."""
    return next((spec.slug for spec in registry.PAGES if file.parent.name == spec.slug), None)


def test_every_symbol_of_a_page_has_an_entry_that_names_the_page(entries) -> None:
    used: dict[tuple[str, str], str] = {}
    for path in (ROOT / "ui").rglob("*.py"):
        found = {symbol: latex for latex in latex_of(path.read_text()) for symbol in symbols_of(latex)}
        assert not found or page_of(path), path
        used |= {(page_of(path), symbol): latex for symbol, latex in found.items() if page_of(path) != "glossary"}
    known = {(page, symbol) for entry in entries for page in entry.pages for symbol in entry.symbols}
    assert len({symbol for _, symbol in used}) > 50
    assert {pair: latex for pair, latex in used.items() if pair not in known} == {}


def test_the_reader_of_formulas_sees_what_it_must() -> None:
    assert symbols_of(r"E = xW + b,\qquad \mathbb{R}^{0\times0}") == {"E", "x", "W", "b", "ℝ"}
    assert symbols_of(r"y = \gamma\,\frac{z^0 - \mu}{\sqrt{\sigma^2}} + x_\text{cls}") == {"y", "γ", "z", "μ", "√", "σ", "x"}
    assert symbols_of(r"n\,(4D^2 + 2DM)") == {"n", "D", "M"}
    assert symbols_of(r"a \\[4pt] b") == {"a", "b"}
    assert latex_of('a = rf"N = {n}\\cdot 3"\nb = "words"') == [r"N = 0\cdot 3"]


def test_no_word_means_two_things(entries) -> None:
    counts = Counter(
        itertools.chain.from_iterable(
            forms(entry) | {f"{form}s" for form in forms(entry) if len(form) > 1} for entry in entries if entry.mark
        )
    )
    assert {form: n for form, n in counts.items() if n > 1} == {}
    assert max(Counter(entry.id for entry in entries).values()) == 1
    assert max(Counter(entry.term for entry in entries).values()) == 1


def test_entries_are_short_plain_and_lead_somewhere(entries) -> None:
    slugs = {spec.slug for spec in registry.PAGES}
    for entry in entries:
        assert 10 < len(entry.definition) <= 300 and entry.definition.endswith(".") and entry.definition[0].isupper(), entry.id
        assert entry.pages and set(entry.pages) <= slugs, (entry.id, entry.pages)
        assert entry.group in words.GROUPS
    assert {entry.group for entry in entries} == set(words.GROUPS)


def test_a_shape_with_numbers_by_hand() -> None:
    assert words.shape_here("[B, N, P*P*C]", {"B": 1, "N": 196, "P": 16, "C": 3}) == (1, 196, 768)
    with pytest.raises(KeyError):
        words.shape_here("[B, Q]", {"B": 1})


def test_the_current_numbers(trace) -> None:
    sizes = words.numbers(trace)
    grid = {224: 14, 64: 8}[trace.image_size[0]]
    assert (sizes["N"], sizes["T"], sizes["D"], sizes["heads"], sizes["head_dim"]) == (grid**2, grid**2 + 1, 192, 12, 16)
    assert (sizes["L"], sizes["K"], sizes["M"], sizes["P"]) == (12, trace.config.num_classes, 768, trace.patch_size)


def test_shapes_are_those_of_the_tensors(entries, trace) -> None:
    sizes, by_id = words.numbers(trace), {entry.id: entry for entry in entries}
    names = (*explained.OF_TRACE, *explained.OF_BLOCK)
    assert set(names) == set(NAMES[:23])
    for name in names:
        assert words.shape_here(by_id[name].shape, sizes) == tuple(explained.tensor(trace, name, 3).shape), name
    for entry in entries:
        if entry.shape:
            assert all(size > 0 for size in words.shape_here(entry.shape, sizes)), entry.id
        assert not entry.value or entry.value in sizes


def test_the_page_under_the_list(trace, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    selection = Selection(picture="coffee", image_size=trace.image_size[0], patch_size=trace.patch_size)
    found = explained.checks(trace, selection)
    assert len(found) == 23 and all(check.difference == 0 for check in found)
    exec(compile(explained.script(trace, selection), "script", "exec"), {})
    printed = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert {name: str(list(explained.tensor(trace, name, selection.layer).shape)) for name in printed} == printed and len(printed) == 23
    table, stored = (export.make() for export in explained.exports(trace))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(words.entries()) and stored == words.FILE.read_bytes()
    assert next(row["here"] for row in rows if row["term"] == "attn_scores") == "×".join(map(str, trace.attn_scores(0).shape))


def test_what_the_browser_is_sent(trace, entries) -> None:
    every, page = unpack(payload.terms())[0], unpack(payload.stage(trace))[0]
    assert [row["id"] for row in every["entries"]] == [row["id"] for row in page["entries"]] == [entry.id for entry in entries]
    assert list(every["titles"]) == [spec.slug for spec in registry.PAGES]
    assert page["numbers"] == words.numbers(trace) and list(page["groups"]) == list(words.GROUPS)
    assert len(payload.terms()) < 60_000


def test_every_page_stands_in_one_menu() -> None:
    menus = shell.menus()
    assert sorted(spec.slug for specs in menus.values() for spec in specs) == sorted(spec.slug for spec in registry.PAGES)
    assert next(iter(menus)) == "" and all(len(specs) <= 6 for specs in menus.values())
    assert shell.menu_style("") == ""
    direct = len(menus[""])
    assert f"nth-child({direct + 1})" in shell.menu_style(registry.TOKENS)
    assert f"nth-child({direct + 2})" in shell.menu_style(registry.ATTENTION)
