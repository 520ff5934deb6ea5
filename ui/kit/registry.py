"""The page registry: every page's name, its one sentence, and where it stands."""

from dataclasses import dataclass

TOKENS, ATTENTION, PRACTICE = "Pixels to tokens", "Attention", "Scale and practice"


@dataclass(frozen=True)
class PageSpec:
    """One page: its file is `pages/<slug>.py`, its address `/<slug>` (the first one's `/`). `stages` of the overview's flow lead to it.

    `group` is the menu that holds it; a page with none stands in the bar itself. `sizes`: the sidebar's resolution and patch size are
    the page's; a page that has these beside its picture leaves them out there. `sidebar`: whether its settings do anything on the page.
    """

    slug: str
    title: str
    lead: str
    stages: tuple[str, ...] = ()
    group: str = PRACTICE
    sizes: bool = True
    sidebar: bool = True

    @property
    def path(self) -> str:
        """The page's address below the app's: the first page opens at the root."""
        return "" if self is PAGES[0] else self.slug


PAGES = (
    PageSpec(
        "overview",
        "Overview",
        "How a Vision Transformer sees, told on one picture. Point at a patch to follow it.",
        group="",
    ),
    PageSpec(
        "walkthrough",
        "Walkthrough",
        "Nine steps from pixels to a prediction, on your picture: use the bar or the arrow keys.",
        ("head",),
        "",
    ),
    PageSpec(
        "patch_grid",
        "Patch grid",
        "Drag resolution and patch size: the cut follows, and on release the model answers.",
        ("image", "patches"),
        TOKENS,
        sizes=False,
    ),
    PageSpec(
        "patch_embedding",
        "Patch embedding",
        "Pick a patch and one of the outputs: see the dot product that makes it, term by term.",
        ("embedding",),
        TOKENS,
    ),
    PageSpec(
        "positional_encoding",
        "Positions",
        "Point at the grid: the map shows how alike the learned row of that place is to all others.",
        ("tokens",),
        TOKENS,
    ),
    PageSpec("attention", "Attention", "Point at the picture: every head answers where that patch looks.", ("blocks",), ATTENTION),
    PageSpec(
        "experiments",
        "Experiments",
        "Cover a patch, silence a head, move a token, and see what the model’s answer depends on.",
        group=ATTENTION,
    ),
    PageSpec(
        "features",
        "Features",
        "Point at a patch: the map shows how alike all others have become, in any layer.",
        group=ATTENTION,
    ),
    PageSpec(
        "memory_scaling",
        "Memory",
        "Drag the resolution: the bars and curves follow, and the orange part, the attention matrices, grows fastest.",
        sidebar=False,
    ),
    PageSpec(
        "model_variants",
        "Variants",
        "Sort and pick models: where their parameters are, what they compute, and how well they did.",
        sidebar=False,
    ),
    PageSpec(
        "performance",
        "Performance",
        "Point at a dot, or pick a model: what it reached, on which data, at what cost, and which paper says so.",
        sidebar=False,
    ),
    PageSpec("practice", "Practice", "Open a strategy: what it saves, and what the model still says, measured on your picture."),
    PageSpec("choosing", "Choosing", "Answer six questions: what would suit your task, on which evidence, and what would change it."),
    PageSpec(
        "lessons",
        "Lessons",
        "Pick a plan: views to open, each with a question; or collect views in a lesson of your own.",
        group="",
    ),
    PageSpec(
        "glossary",
        "Glossary",
        "Search the words and symbols of all pages: what they mean, how large they are here.",
        group="",
    ),
)


def spec_of(slug: str) -> PageSpec:
    """The page of a slug."""
    return next(spec for spec in PAGES if spec.slug == slug)


def stage_links() -> dict[str, str]:
    """The page that explains each stage of the overview's flow."""
    return {stage: spec.slug for spec in PAGES for stage in spec.stages}
