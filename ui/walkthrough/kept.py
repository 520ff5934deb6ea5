"""What the walkthrough's stage is sent, made once for a picture and setting, and the gallery's runs, which one job makes."""

from ui.state import session
from ui.state.selection import Selection
from ui.walkthrough import payload
from ui.work import cached
from ui.work.job import Job, give_way
from ui.work.jobs import jobs


def base(selection: Selection) -> bytes:
    """The bytes that every step draws from."""
    return session.payload("walkthrough base", payload.base_payload)


def part_of(part: str, selection: Selection) -> bytes:
    """The bytes of `attention` or `mlp` for the selected layer."""
    layer = selection.layer
    return session.payload(f"walkthrough {part} {layer}", lambda found: payload.layer_payload(found, part, layer))


def drivers_part(made: payload.Gallery, selection: Selection) -> bytes:
    """The bytes of `drivers` for the selected layer, from what the gallery's runs have given."""
    layer = selection.layer
    return session.payload(f"walkthrough drivers {layer}", lambda found: payload.drivers_payload(found, made, layer))


def drivers_of(model_name: str) -> Job:
    """The job of `gallery_drivers` of a model, begun when first asked for: it takes a run of the model for every picture."""

    def work(job: Job) -> payload.Gallery:
        give_way()
        pictures = {row.title: cached.gallery_picture(name) for name, row in cached.gallery().items()}
        return payload.gallery_drivers(cached.model(model_name), pictures, job.in_turn)

    return jobs.begin(Job(("drivers", model_name), work, "The gallery’s runs"))
