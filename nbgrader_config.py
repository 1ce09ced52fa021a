"""The course, as nbgrader sees it. Every nbgrader command and formgrader read this file."""

import os
import sys
from pathlib import Path

from autograder.grading.times import use_in_nbgrader

c = get_config()  # noqa: F821

# nbgrader starts `alembic` by name, so the environment has to be on PATH even where it was not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

root = Path(__file__).resolve().parent
# So that a plugin may lie beside this file.
sys.path.append(str(root))

c.CourseDirectory.root = str(root)
c.CourseDirectory.course_id = "autograd"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "README.md"]

# Inside the course, so that nothing needs root; formgrader wants it to be there.
(root / "exchange").mkdir(exist_ok=True)
c.Exchange.root = str(root / "exchange")

c.ClearSolutions.code_stub = {"python": '# your answer here\nraise NotImplementedError("your answer here")'}
c.ClearSolutions.text_stub = "*Your answer here.*"

c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "autograder.grading.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.sanitize_preprocessors = [
    "autograder.grading.preprocessors.Rebuild",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.grading.preprocessors.Execute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.grading.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Downloads from Canvas and Moodle, and zips of what a class has handed in: `nbgrader zip_collect LESSON`.
c.ZipCollectApp.extractor_plugin = "autograder.grading.lms.Extractor"
c.ZipCollectApp.collector_plugin = "autograder.grading.lms.Collector"

# `nbgrader export` writes grades.csv; for a file that Canvas or Moodle reads, add
# `--exporter=autograder.grading.lms.CanvasExport`, or `MoodleExport`.
c.ExportApp.plugin_class = "autograder.grading.lms.CsvExport"

# What a student has written must not run in the browser of who reads it, in feedback pages and in formgrader.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.exclude_anchor_links = True
c.HTMLExporter.preprocessors = ["autograder.grading.pages.EscapeNames", "autograder.grading.pages.Shorten"]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.grading.pages.markdown2html",
    "clean_html": "autograder.grading.pages.clean_html",
    "strip_files_prefix": "autograder.grading.pages.strip_files_prefix",
}

# What a submission loses that came after the lesson's due date: "none", or "zero" for all of its points. A class with
# another rule is named by `c.AssignLatePenalties.plugin_class`; docs/instructors.md shows one.
c.LateSubmissionPlugin.penalty_method = "none"

# A cell in an endless loop is interrupted after this many seconds, and the cells after it still run.
c.Execute.cell_timeout = 10

# Due dates and timestamps are read for certain or refused: nbgrader alone takes `18:00 CEST` for 18:00 UTC.
use_in_nbgrader(c.Exchange.get("timezone", "UTC"))
