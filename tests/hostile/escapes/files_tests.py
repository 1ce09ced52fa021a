"""Imports the right answers from this package's tests; behind the walls there must be only the package."""

CELL = """
sys.path[:0] = [ROOT, COURSE]
import tests.answers.scalar_gradients as answers
print("ESCAPED", len(answers.RIGHT))
"""
