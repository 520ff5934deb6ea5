"""How much a server can do: people who act again as soon as they are answered, at one process and at several by turns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.load.crowd import Crowd, Habits, gather, table
from tests.support.load.served import FRONT, PEOPLE, SERVERS, served
from tests.support.loops import run

AT_ONCE, SECONDS, ROUNDS = 24, 30.0, 2
LECTURE = Habits(pictures=("coffee",), pause=(0.0, 0.0))
"""All look at one picture: after a while what the model finds on it is there at every size, in every process."""


@dataclass
class Setup:
    """So many processes, each computing on as many cores as one of `share` does, and the crowds that used them."""

    processes: int
    share: int
    crowds: list[Crowd] = field(default_factory=list)

    @property
    def name(self) -> str:
        """In the table."""
        return f"{self.processes}" if self.share == self.processes else f"{self.processes} of {self.share}"

    @property
    def rate(self) -> float:
        """Answers a second, of all crowds together."""
        return sum(crowd.answered for crowd in self.crowds) / sum(crowd.seconds for crowd in self.crowds)

    def cores(self, who: str) -> float:
        """Cores that one used, on average."""
        return sum(crowd.used[who] for crowd in self.crowds) / sum(crowd.seconds for crowd in self.crowds)

    def measure(self, people: int, seconds: float) -> None:
        """One more crowd at a fresh server; counted is the second half."""
        with served(self.processes, share=self.share) as at:
            crowd = run(gather(at.url, people, seconds, at.memory, LECTURE, at.seconds, settle=seconds / 2))
        self.crowds.append(crowd)

    def rows(self) -> list[dict[str, str]]:
        """Lines of the table of capacity, one a crowd."""
        return [
            {
                "processes": self.name,
                "people": str(crowd.people),
                "answers a second": f"{crowd.answered / crowd.seconds:.1f}",
                **{f"cores: {who}": f"{crowd.cores[who]:.2f}" for who in (SERVERS, FRONT, PEOPLE)},
                "answers a second of the app’s cores": f"{crowd.answered / crowd.used[SERVERS]:.1f}",
                **{name: crowd.row()[name] for name in ("median", "p95", "failures")},
            }
            for crowd in self.crowds
        ]


def by_turns(processes: int = 2, people: int = AT_ONCE, seconds: float = SECONDS, rounds: int = ROUNDS) -> list[Setup]:
    """One process that has all cores, one with the share that it has among several, and these: one after the other, and again, so that what
    else the machine does falls on all."""
    setups = [Setup(1, 1), Setup(1, processes), Setup(processes, processes)]
    for _ in range(rounds):
        for setup in setups:
            setup.measure(people, seconds)
    return setups


def told(setups: Sequence[Setup]) -> str:
    """The table, and what more processes give."""
    *single, several = setups
    lines = [table([row for setup in setups for row in setup.rows()]), ""]
    for one in single:
        which = "one that has all cores" if one.share == 1 else "one with the cores of one of them"
        if not one.rate or not one.cores(SERVERS):
            lines.append(f"{which.capitalize()} gave no answer in this time: there is nothing to compare with.")
            continue
        lines.append(
            f"{several.name} processes against {which}: {several.rate / one.rate:.2f} × the answers, from "
            f"{several.cores(SERVERS) / one.cores(SERVERS):.2f} × the time of cores."
        )
    rest = several.cores(FRONT) + several.cores(PEOPLE)
    lines.append(f"Of the machine’s cores, nginx and the people took {rest:.2f}.")
    return "\n".join(lines)
