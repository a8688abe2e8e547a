"""What an operation's own seed stands for."""

from typing import Any

from torchkeras.core.seeds import SeedGenerator

# An operation's own seed starts a sequence, of which each call takes the next part.
_sequences: dict[int, SeedGenerator] = {}


def seed_generator(seed: Any) -> SeedGenerator | None:
    """The sequence that an operation's seed stands for; None for torch's own."""
    if seed is None:
        return None
    return _sequences.setdefault(int(seed), SeedGenerator(int(seed)))


def start_anew() -> None:
    """Let all sequences start from the beginning."""
    _sequences.clear()
