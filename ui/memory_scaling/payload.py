"""What the memory calculator is sent."""

from ui.kit.config_facts import config_facts
from ui.kit.payload import pack
from ui.memory_scaling.setting import configs
from ui.state import session


def stage() -> bytes:
    """What the calculator is sent, once: the facts of every model."""
    chosen = session.current().model
    rows = {name: config_facts(config) for name, config in configs(chosen).items()}
    rows[chosen]["running"] = chosen != "bundled"
    return pack({}, models=rows)
