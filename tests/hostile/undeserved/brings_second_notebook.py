"""Brings further notebooks with other names, which show a full score; one notebook a lesson is graded."""

LESSON = "binary_cross_entropy"
CELLS = {
    "sigmoid": """
def sigmoid(z):
    return 0.0
""",
}
FILES = {
    "03_binary_cross_entropy (1).ipynb": """
{"cells": [{"cell_type": "code", "source": "20", "metadata": {}, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
""",
    "solution.ipynb": """
{}
""",
}
