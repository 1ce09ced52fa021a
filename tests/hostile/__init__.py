"""Submissions that attack the grader."""
