"""What the soak says of a server's memory, on numbers that are made up."""

from tests.support.load.soak import Sample, Watch, full_from, growth, told


def samples(memory: list[float], full: int) -> list[Sample]:
    return [Sample(2.0 * at, size, 50, size / 2, 0.9 if at >= full else 0.5) for at, size in enumerate(memory)]


def test_what_fills_the_caches_is_no_growth() -> None:
    seen = samples([100.0 + 10 * min(at, 20) for at in range(100)], 20)
    assert full_from(seen) == 20 and growth(seen) == 0.0
    assert told(seen).endswith("Caches full after 40 s; from then memory changed by +0.0%: flat.")


def test_a_leak_is_seen() -> None:
    seen = samples([300.0 + at for at in range(100)], 20)
    assert growth(seen) > 0.15 and told(seen).endswith(": not flat.")


def test_caches_that_are_never_full_say_nothing() -> None:
    seen = samples([300.0] * 100, 100)
    assert full_from(seen) is None and growth(seen) is None
    assert "not full for long enough" in told(seen)


def test_it_looks_at_the_metrics_of_the_server() -> None:
    found = {"memory_bytes": 5e8, "sessions": 3.0}
    for store, held in (("traces", 90.0), ("payloads", 50.0)):
        found |= {f'cache_bytes{{store="{store}"}}': held, f'cache_bound_bytes{{store="{store}"}}': 100.0}
    clock = iter([10.0, 12.5])
    watch = Watch(lambda: found, lambda: next(clock))
    assert watch() == watch() == 5e8
    assert watch.samples == [Sample(0.0, 5e8, 3.0, 140.0, 0.5), Sample(2.5, 5e8, 3.0, 140.0, 0.5)]
