"""What a class's verdicts add up to: counted in `summary`, and told on the `terminal` and in pages of `html`.

They are imported one by one: the terminal can do without PyTorch, which the pages need.
"""

__all__ = ["html", "rows", "summary", "terminal"]
