"""What a course's `nbgrader_config.py` calls, so that nbgrader's own commands and formgrader grade behind the walls."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from traitlets.config import Config

from .times import use_in_nbgrader


def grade_behind_walls(c: Config) -> None:
    """Let `nbgrader autograde` and formgrader run submissions behind the walls, and show nothing of them that could run.

    Everything else of a course's configuration stays as it is.
    """
    # nbgrader starts `alembic` by name, so the environment has to be on PATH even where it was not activated.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
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
    # Feedback pages begin with the comments, and the exercises with their points.
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
        "autograder.grading.from_solutions.ShowSolutions",
        "autograder.grading.summary_cell.AddSummary",
    ]
    templates = Path(__file__).parents[1] / "templates" / "nbconvert"
    c.GenerateFeedback.exporter_class = "autograder.grading.pages.FeedbackExporter"
    c.FeedbackExporter.template_name = "lesson_feedback"
    c.FeedbackExporter.template_file = "index.html.j2"
    c.FeedbackExporter.extra_template_basedirs = [str(templates)]
    # Formgrader's own template stays, but for what it loads from another server.
    c.HTMLExporter.template_file = str(templates / "offline.html.j2")
    # What a student has written must not run in the browser of who reads it, in feedback pages and in formgrader.
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.exclude_anchor_links = True
    c.HTMLExporter.preprocessors = [
        "autograder.grading.pages.EscapeNames",
        "autograder.grading.from_solutions.ShowPictures",
        "autograder.grading.pages.Shorten",
    ]
    c.HTMLExporter.filters = {
        "markdown2html": "autograder.grading.pages.markdown2html",
        "clean_html": "autograder.grading.pages.clean_html",
        "strip_files_prefix": "autograder.grading.pages.strip_files_prefix",
        "without_mathjax": "autograder.grading.pages.without_mathjax",
    }
    # Due dates and timestamps are read for certain or refused: nbgrader alone takes `18:00 CEST` for 18:00 UTC.
    use_in_nbgrader(c.Exchange.get("timezone", "UTC"))


def set_up(c: Config, root: Path, course_id: str) -> None:
    """Set up a course that is written in `solutions/`, given out from `notebooks/`, and graded behind the walls."""
    grade_behind_walls(c)
    # So that a plugin may lie beside the configuration.
    sys.path.append(str(root))
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.course_id = course_id
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
    # Downloads from Canvas and Moodle, and zips of what a class has handed in: `nbgrader zip_collect LESSON`.
    c.ZipCollectApp.extractor_plugin = "autograder.grading.lms.Extractor"
    c.ZipCollectApp.collector_plugin = "autograder.grading.lms.Collector"
    # `nbgrader export` writes grades.csv; for a file that Canvas or Moodle reads, add
    # `--exporter=autograder.grading.lms.CanvasExport`, or `MoodleExport`.
    c.ExportApp.plugin_class = "autograder.grading.lms.CsvExport"
