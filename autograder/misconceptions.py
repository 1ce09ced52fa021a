"""Phrases for mistakes in the class report: "9 of 24 students forgot the 1/n of a mean".

It has the mistakes that several exercises share. The report shows a mistake without a phrase by its slug.
"""

from __future__ import annotations

from collections.abc import Mapping

# Each completes "9 of 24 students …".
PHRASES: Mapping[str, str] = {
    # Any exercise can have these: they are in `mistakes.py`, `judge.py`, `comparing.py` and `reading.py`.
    "argument-changed": "changed an argument in place",
    "autograd-by-hand": "used autograd where the derivative is asked by hand",
    "backward-on-number": "called `backward` on a plain number",
    "backward-on-vector": "called `backward()` on a tensor that is no scalar",
    "backward-returns-none": "took the result of `backward()`, which is None, for the gradient",
    "extra-1n": "divided by n where nothing is averaged",
    "factor-1n": "lost a constant factor",
    "factor-n": "had a constant factor that does not belong there",
    "finite-difference": "used a finite difference where a formula is asked",
    "forgot-1n": "forgot the 1/n of a mean",
    "formula-by-autograd": "wrote a formula where autograd is to do the work",
    "grad-of-non-leaf": "read `.grad` from a tensor that is not a leaf",
    "grad-returns-tuple": "returned the tuple of `torch.autograd.grad`, and not the gradient in it",
    "inplace-on-leaf": "changed a tracked leaf in place",
    "inplace-on-saved": "changed in place what the backward pass had saved",
    "integer-tensor": "asked for the gradient of a tensor of integers",
    "interrupted": "wrote a loop that does not end",
    "library-derivative": "let a library find the derivative that is asked by hand",
    "math-on-tensor": "gave a plain number to a function that is made for tensors",
    "no-grad-yet": "used `.grad` before a backward pass had filled it",
    "none-as-number": "computed with a `.grad` that was None",
    "number-of-passes": "made more or fewer backward passes than asked",
    "numpy-on-tracked": "handed a tracked tensor to NumPy",
    "opposite-sign": "had every sign the wrong way round",
    "second-backward": "went backward twice through a graph that was not kept",
    "should-raise": "let arguments pass that should raise",
    "stale-accumulation": "let gradients pile up in `.grad` from one call to the next",
    "still-tracked": "returned a result with its graph still attached",
    "transposed": "exchanged rows and columns",
    "untracked": "went backward from something that was never tracked",
    "unused-in-graph": "differentiated in a tensor that is not in the graph",
    "value-for-derivative": "gave the value where the slope is asked",
    "vector-shape": "gave `backward` a vector of another shape than the output's",
    # These are in the lessons.
    "added": "added the local derivatives along a path, and did not multiply them",
    "broadcast": "let shapes (n, 1) and (n,) broadcast into n·n pairs",
    "clamped": "lost the gradient to a clamp",
    "clear-inverted": "cleared the buffer exactly when it is to be kept",
    "cleared-before-reading": "cleared `.grad` before they read it",
    "counted-twice": "counted one of two losses twice",
    "created-graph": "used `create_graph=True` to keep a graph",
    "degrees": "took radians for degrees",
    "detached-is-absent": "took a detached factor for one that is not there",
    "divided-by-features": "averaged over the features and not over the samples",
    "doubles": "thought that every backward pass doubles the buffer",
    "dropped-bias": "left the bias out of the forward pass",
    "dropped-dp-dz": "left out one local factor on the way from the loss to the logit",
    "dropped-target": "derived the loss for one label only, and lost the target",
    "elementwise": "multiplied entry by entry where rows are to be mixed",
    "flag-of-computed": "set `requires_grad` on a tensor that was computed",
    "forgot-factor": "lost the factor that the exponent becomes",
    "forgot-shift": "took the slope of the square at the wrong place",
    "gradient-in-target": "differentiated in the target in place of the prediction",
    "gradient-in-x": "gave the gradient in the input, and not in the weight",
    "graph-kept": "kept a graph that nothing uses again",
    "hard-coded-n": "wrote a fixed length into the formula",
    "ignored-v": "did not use the vector `v` at all",
    "inverted": "read a flag the wrong way round",
    "kept-power": "did not lower the exponent by one",
    "kept-sine": "left the sine as it is where its derivative is asked",
    "last-sample-only": "kept the gradient of the last sample alone",
    "last-sample-over-n": "kept the last sample alone, divided by n",
    "logit-for-probability": "gave a logit to a loss that takes probabilities",
    "lost-sign": "lost the sign of a falling curve",
    "matrix-returned": "gave a matrix where the weighted rows are to be added up",
    "never-cleared": "never cleared the buffer",
    "no-parentheses": "wrote `with torch.no_grad:` without parentheses",
    "none-read": "read a `.grad` that had been set to None",
    "one-number": "gave one number for the gradient in a vector",
    "one-path-each": "followed one path where several lead to the same leaf",
    "one-path-of-square": "followed one of the two paths in x · x",
    "one-row": "gave one row in place of the whole Jacobian",
    "only-y": "gave the gradient of the first of two losses alone",
    "only-z": "gave the gradient of the second of two losses alone",
    "outer-at-x": "took the outer derivative at x, and not at what the inner function gives",
    "overflow": "let the exponential overflow",
    "overwrites": "thought that a backward pass overwrites `.grad`",
    "product-of-losses": "multiplied two losses that add up",
    "read-too-early": "read the buffer before the pass that fills it",
    "rebuilt-forward": "built a new graph where one graph is to be used twice",
    "reshaped-v": "reshaped where a transpose is meant",
    "retained-on-last": "kept the graph after the last pass through it",
    "same-buffer": "kept `.grad` itself in a list, and not its number",
    "same-buffer-emptied": "kept `.grad` itself, and emptied it later",
    "sigmoid-slope-twice": "multiplied with the slope of the sigmoid once too often",
    "sigmoid-twice": "applied the sigmoid twice",
    "sign-of-cosine": "turned round the sign of the sine's derivative",
    "slope-in-the-other": "differentiated in the other variable",
    "squared-error": "used the squared error where the loss is the cross-entropy",
    "squared-weights": "squared the weights of a vector–Jacobian product",
    "summed-v": "weighed everything with the sum of `v`",
    "swapped": "had the right numbers in the wrong places",
    "swapped-labels": "exchanged the two labels",
    "swapped-order": "had the right numbers in the wrong order",
    "target-dtype": "gave the loss a target of integers",
    "uphill": "stepped uphill, along the gradient",
    "v-not-transposed": "forgot to transpose `v` with its output",
    "whole-jacobian": "gave the whole Jacobian where a mix of its rows is asked",
    "wrong-exception": "raised another class of exception than asked",
    "wrong-order": "multiplied a matrix and a vector in the wrong order",
    "z-counted-twice": "counted one of two losses twice",
}


def phrase(slug: str) -> str:
    """Return what students did who made the mistake, as in "9 of 24 students …"."""
    return PHRASES.get(slug) or f"made the mistake “{name(slug)}”"


def title(slug: str) -> str:
    """Return the mistake as a heading."""
    words = PHRASES.get(slug) or name(slug)
    return words[:1].upper() + words[1:]


def name(slug: str) -> str:
    """Return a slug as words: `kept-constant` is "kept constant"."""
    return " ".join("1/n" if word == "1n" else word for word in slug.split("-"))
