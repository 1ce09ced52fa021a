"""The course, as nbgrader sees it. Every nbgrader command and formgrader read this file."""

from pathlib import Path

from autograder.grading.configure import set_up

c = get_config()  # noqa: F821
# What holds for every course of this package, line by line: autograder/grading/configure.py. What follows here counts more.
set_up(c, Path(__file__).resolve().parent, course_id="autograd")

# What a submission loses that came after the lesson's due date: "none", or "zero" for all of its points. A class with
# another rule is named by `c.AssignLatePenalties.plugin_class`; docs/instructors.md shows one.
c.LateSubmissionPlugin.penalty_method = "none"

# A cell in an endless loop is interrupted after this many seconds, and the cells after it still run.
c.Execute.cell_timeout = 10
