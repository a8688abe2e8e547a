"""Models taken elsewhere: as PyTorch source, as programs, as ONNX."""

from torchkeras.export.archive import ExportArchive
from torchkeras.export.ejection import eject

__all__ = ["ExportArchive", "eject"]
