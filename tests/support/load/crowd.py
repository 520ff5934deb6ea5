"""Many people at once: each opens a page and then, every few seconds, changes the resolution or the page, or brings a picture."""

import asyncio
import io
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from tests.support.load.person import Person
from tests.support.timing import percentile

PAGES = ["", "attention", "patch_grid", "patch_embedding", "positional_encoding", "walkthrough", "memory_scaling", "practice"]
PICTURES = ["coffee", "chelsea", "astronaut", "rocket", "espresso", "shuttle"]
PAUSE = 2.0, 6.0  # seconds between an answer and the next action
ARRIVE = 10.0  # seconds in which all have come
RESIZES, PAGE = 0.6, "page"  # the share of actions that change the resolution


@dataclass
class Crowd:
    """What was seen: seconds of first pages and of answers by kind of action, and what went wrong, in words."""

    people: int
    firsts: list[float] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    exceptions: int = 0
    first_bytes: int = 0
    action_bytes: int = 0
    by_reference: int = 0
    memory: list[float] = field(default_factory=list)  # bytes of the server, at even times

    @property
    def waits(self) -> list[float]:
        """The seconds of all actions."""
        return [seconds for kind in self.answers.values() for seconds in kind]

    @property
    def growth(self) -> float:
        """How much more memory the server takes in the last tenth than in the second quarter, when the caches are full: a share."""
        early = self.memory[len(self.memory) // 4 : len(self.memory) // 2]
        late = self.memory[-max(1, len(self.memory) // 10) :]
        return percentile(late, 0.5) / percentile(early, 0.5) - 1 if any(early) else 0.0

    def row(self) -> dict[str, str]:
        """One line of the table of people."""

        def milliseconds(values: list[float], share: float) -> str:
            return f"{1000 * percentile(values, share):,.0f} ms" if values else "–"

        return {
            "people": str(self.people),
            "first page, p95": milliseconds(self.firsts, 0.95),
            "answers": str(len(self.waits)),
            "median": milliseconds(self.waits, 0.5),
            "p95": milliseconds(self.waits, 0.95),
            "a first page": f"{self.first_bytes / 1e3 / max(1, len(self.firsts)):,.0f} kB",
            "an answer": f"{self.action_bytes / 1e3 / max(1, len(self.waits)):,.0f} kB",
            "memory": f"{max(self.memory, default=0) / 1e6:,.0f} MB",
            "failures": str(len(self.failures) + self.exceptions),
        }


def table(crowds: list[Crowd]) -> str:
    """The table of people, as Markdown."""
    rows = [crowd.row() for crowd in crowds]
    lines = ["| " + " | ".join(rows[0]) + " |", "| ---: " * len(rows[0]) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row.values()) + " |" for row in rows])


def picture(number: int) -> bytes:
    """A JPEG that nobody has brought before."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").rotate(number % 360).resize((640 + number % 97, 480)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


async def live(
    person: Person, crowd: Crowd, number: int, until: float, uploads: float, files: bool, pages: list[str] = PAGES, pause: tuple = PAUSE
) -> None:
    """What one person does until a time of `time.monotonic`; `uploads`: the share of actions that bring a picture."""
    dice = random.Random(number)
    page = dice.choice(pages)
    crowd.firsts.append(await person.enter(page, f"picture={dice.choice(PICTURES)}", files))
    crowd.first_bytes += person.received
    while time.monotonic() < until:
        await asyncio.sleep(dice.uniform(*pause))
        before, what = person.received, dice.random()
        if what < uploads:
            kind, seconds = "upload", await person.upload(f"{number}.jpg", await asyncio.to_thread(picture, dice.randrange(10**6)))
        elif what < uploads + (1 - uploads) * RESIZES and "Resolution" in person.widgets:
            kind, seconds = "resolution", await person.resize(dice.randrange(12))
        else:
            kind, seconds = PAGE, await person.go(dice.choice(pages))
        crowd.answers.setdefault(kind, []).append(seconds)
        crowd.action_bytes += person.received - before


async def gather(
    url: str, people: int, seconds: float, memory: Callable[[], float], uploads: float = 0.0, files: bool = False, every: float = 2.0
) -> Crowd:
    """`people` at once for so many seconds; `memory()` are the bytes of the server."""
    crowd, start = Crowd(people), time.monotonic()
    until, tabs = start + seconds, [Person(url) for _ in range(people)]

    async def one(number: int, person: Person) -> None:
        await asyncio.sleep(number / people * min(ARRIVE, seconds / 4))
        try:
            await live(person, crowd, number, until, uploads, files)
        except Exception as error:
            crowd.failures.append(f"{type(error).__name__}: {error}")
        finally:
            await person.leave()

    async def look() -> None:
        while True:
            crowd.memory.append(await asyncio.to_thread(memory))
            await asyncio.sleep(every)

    looking = asyncio.create_task(look())
    await asyncio.gather(*(one(number, person) for number, person in enumerate(tabs)))
    looking.cancel()
    crowd.memory.append(memory())
    crowd.exceptions = sum(person.exceptions for person in tabs)
    crowd.by_reference = sum(person.by_reference for person in tabs)
    return crowd
