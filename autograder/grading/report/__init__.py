"""What a class's verdicts add up to: counted in `summary`, and shown on the `terminal`, in pages of `html` and in `tables`.

They are imported one by one: the terminal can do without PyTorch, which the pages need.
"""

__all__ = ["html", "rows", "summary", "tables", "terminal"]
