"""Measures how fast the things are that people wait for, against their floor and against stock nbgrader."""
