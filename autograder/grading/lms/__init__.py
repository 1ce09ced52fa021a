"""Learning management systems: their downloads become `submitted/`, and grades become files that they take back."""

from .collect import Collector
from .exports import CanvasExport, CsvExport, MoodleExport
from .unpack import Extractor

__all__ = ["CanvasExport", "Collector", "CsvExport", "Extractor", "MoodleExport"]
