"""Many people at once: each opens a page and then, every few seconds, changes the resolution or the page, or brings a picture."""

import asyncio
import io
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PIL import Image

from tests.support.load.person import Person
from tests.support.timing import percentile

PAGES = "", "attention", "patch_grid", "patch_embedding", "positional_encoding", "walkthrough", "memory_scaling", "practice"
PICTURES = "coffee", "chelsea", "astronaut", "rocket", "espresso", "shuttle"
TABLE = 1, 10, 20, 50, 100  # people of the table
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
    processes: int = 1
    seconds: float = 0.0  # for which was counted
    answered: int = 0  # answers within them
    used: dict[str, float] = field(default_factory=dict)  # seconds of a core that each took meanwhile

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

    def forget_answers(self) -> None:
        """Count from here."""
        self.answers.clear()
        self.action_bytes = 0

    @property
    def cores(self) -> dict[str, float]:
        """How many cores each used, on average."""
        return {who: used / self.seconds for who, used in self.used.items()}

    def row(self) -> dict[str, str]:
        """One line of the table of people."""

        def milliseconds(values: list[float], share: float) -> str:
            return f"{1000 * percentile(values, share):,.0f} ms" if values else "–"

        return {
            "people": str(self.people),
            "processes": str(self.processes),
            "first page, median": milliseconds(self.firsts, 0.5),
            "p95 of first pages": milliseconds(self.firsts, 0.95),
            "answers": str(len(self.waits)),
            "median": milliseconds(self.waits, 0.5),
            "p95": milliseconds(self.waits, 0.95),
            "a first page": f"{self.first_bytes / 1e3 / max(1, len(self.firsts)):,.0f} kB",
            "an answer": f"{self.action_bytes / 1e3 / max(1, len(self.waits)):,.0f} kB",
            "memory": f"{max(self.memory, default=0) / 1e6:,.0f} MB",
            **{f"cores: {who}": f"{cores:.2f}" for who, cores in self.cores.items()},
            "failures": str(len(self.failures) + self.exceptions),
        }


def table(rows: list[dict[str, str]]) -> str:
    """Rows of the same columns, as Markdown."""
    lines = ["| " + " | ".join(rows[0]) + " |", "| ---: " * len(rows[0]) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row.values()) + " |" for row in rows])


def picture(number: int) -> bytes:
    """A JPEG that nobody has brought before."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").rotate(number % 360).resize((640 + number % 97, 480)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Habits:
    """What people do: `uploads`, the share of actions that bring a picture; `files`, whether they fetch the page's files first; the pages
    that they open, of which picture; and the seconds between an answer and the next action."""

    uploads: float = 0.0
    files: bool = False
    pages: tuple[str, ...] = PAGES
    pictures: tuple[str, ...] = PICTURES
    pause: tuple[float, float] = PAUSE


async def live(person: Person, crowd: Crowd, number: int, until: float, habits: Habits) -> None:
    """What one person does until a time of `time.monotonic`."""
    dice = random.Random(number)
    page = dice.choice(habits.pages)
    crowd.firsts.append(await person.enter(page, f"picture={dice.choice(habits.pictures)}", habits.files))
    crowd.first_bytes += person.received
    while time.monotonic() < until:
        await asyncio.sleep(dice.uniform(*habits.pause))
        before, what = person.received, dice.random()
        if what < habits.uploads:
            kind, seconds = "upload", await person.upload(f"{number}.jpg", await asyncio.to_thread(picture, dice.randrange(10**6)))
        elif what < habits.uploads + (1 - habits.uploads) * RESIZES and "Resolution" in person.widgets:
            kind, seconds = "resolution", await person.resize(dice.randrange(12))
        else:
            kind, seconds = PAGE, await person.go(dice.choice(habits.pages))
        crowd.answers.setdefault(kind, []).append(seconds)
        crowd.action_bytes += person.received - before


async def gather(
    url: str,
    people: int,
    seconds: float,
    memory: Callable[[], float],
    habits: Habits = Habits(),
    used: Callable[[], Mapping[str, float]] = dict,
    settle: float = 0.0,
    every: float = 2.0,
) -> Crowd:
    """`people` at once for so many seconds, of which the first `settle` are not counted; `memory()` are the bytes of the server, `used()`
    the seconds of a core that each has taken so far."""
    crowd, start = Crowd(people), time.monotonic()
    until, tabs = start + seconds, [Person(url) for _ in range(people)]

    async def one(number: int, person: Person) -> None:
        await asyncio.sleep(number / people * min(ARRIVE, seconds / 4))
        try:
            await live(person, crowd, number, until, habits)
        except Exception as error:
            crowd.failures.append(f"{type(error).__name__}: {error}")
        finally:
            await person.leave()

    async def look() -> None:
        while True:
            crowd.memory.append(await asyncio.to_thread(memory))
            await asyncio.sleep(every)

    async def count() -> None:
        await asyncio.sleep(settle)
        crowd.forget_answers()
        before, began = used(), time.monotonic()
        await asyncio.sleep(until - began)
        crowd.seconds, crowd.answered = time.monotonic() - began, len(crowd.waits)
        crowd.used = {who: so_far - before[who] for who, so_far in used().items()}

    looking = asyncio.create_task(look())
    await asyncio.gather(count(), *(one(number, person) for number, person in enumerate(tabs)))
    looking.cancel()
    crowd.memory.append(memory())
    crowd.exceptions = sum(person.exceptions for person in tabs)
    crowd.by_reference = sum(person.by_reference for person in tabs)
    return crowd
