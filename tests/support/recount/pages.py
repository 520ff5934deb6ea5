"""Every page: where it is opened, and what reads and recomputes its numbers."""

from collections.abc import Callable, Iterator

from tests.support.browser.stages import view_query
from tests.support.recount import explanations, features, lessons, model_pages, tables, walkthrough
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

Numbers = Callable[[Visit], Iterator[Shown]]


def drawn_step(visit: Visit) -> Iterator[Shown]:
    """The walkthrough at a step that chance chose: `where` opened it."""
    yield from walkthrough.whole_path(visit)
    step = int(visit.read.find("Step #:")[0])
    yield from walkthrough.STEPS[step - 1](visit)


def experiments(visit: Visit) -> Iterator[Shown]:
    """Three of the experiments, one after the other."""
    yield from model_pages.experiments(visit)
    yield from explanations.explanations(visit)


def of_features(visit: Visit) -> Iterator[Shown]:
    """What is looked at on the features page, one after the other."""
    yield from features.alike_and_apart(visit)
    yield from features.grouped(visit)
    yield from features.matches(visit)
    yield from features.all_pictures(visit)
    yield from features.layers_beside(visit)


PAGES: dict[str, Numbers] = {
    "overview": model_pages.overview,
    "walkthrough": drawn_step,
    "patch_grid": model_pages.patch_grid,
    "patch_embedding": model_pages.patch_embedding,
    "positional_encoding": model_pages.positional_encoding,
    "attention": model_pages.attention,
    "experiments": experiments,
    "features": of_features,
    "memory_scaling": lambda visit: tables.memory_scaling(visit.read),
    "model_variants": lambda visit: tables.model_variants(visit.read),
    "performance": lambda visit: tables.performance(visit.read),
    "practice": model_pages.practice,
    "choosing": model_pages.choosing,
    "lessons": lessons.answers,
    "glossary": lambda visit: tables.glossary(visit.read, visit.truth.net, 224, 16),
}


def link(slug: str, draw) -> str:
    """The query that a page is opened with: what is folded opened, a patch, an output, a step that `draw` draws; else none."""
    patch, step = draw.randint(1, 196), draw.randint(1, len(walkthrough.STEPS))
    queries = {
        "overview": lambda: view_query(all=True),
        "walkthrough": lambda: view_query(step=step) + (f"&token={patch}" if step in walkthrough.OF_PATCHES else ""),
        "patch_grid": lambda: f"?token={patch}",
        "patch_embedding": lambda: f"{view_query(dim=draw.randint(0, 191))}&token={patch}",
        "attention": lambda: f"?layer={draw.randint(1, 12)}&head={draw.randint(1, 12)}",
        "experiments": lambda: "?size=64",
        "features": lambda: f"{view_query(rows=draw.choice(list(features.NAMES)), front=True)}&layer={draw.randint(1, 12)}",
        "lessons": lambda: f"{view_query(les='self')}&layer={draw.randint(1, 12)}&head={draw.randint(1, 12)}",
    }
    return queries[slug]() if slug in queries else ""
