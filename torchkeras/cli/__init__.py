"""The commands of ``python -m torchkeras``."""

from torchkeras.cli.commands import main

__all__ = ["main"]
