"""Learning management systems: turns their downloads into `submitted/`, and grades into files that they import."""

from .collect import Collector
from .exports import CanvasExport, CsvExport, MoodleExport
from .unpack import Extractor

__all__ = ["CanvasExport", "Collector", "CsvExport", "Extractor", "MoodleExport"]
