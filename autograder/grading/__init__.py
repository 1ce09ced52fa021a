"""Grading a class: submissions are rebuilt, run, judged, and written into nbgrader's gradebook."""
