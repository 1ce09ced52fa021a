"""Phrases for mistakes in the class report: "9 of 24 students forgot the 1/n of a mean".

It has the mistakes that several exercises share. The report shows a mistake without a phrase by its slug.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Each completes "9 of 24 students …".
PHRASES: Mapping[str, str] = {
    # Any exercise can have these: they are in `mistakes.py`, `judge.py`, `comparing.py` and `reading.py`.
    "added-to-grad": "added to `.grad` where the gradient is to be returned",
    "argument-changed": "changed an argument in place",
    "autograd-by-hand": "used autograd where the derivative is asked by hand",
    "backward-on-number": "called `backward` on a plain number",
    "backward-on-vector": "called `backward()` on a tensor that is no scalar",
    "backward-returns-none": "took the result of `backward()`, which is None, for the gradient",
    "caret-for-power": "wrote `^` for a power",
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
    "kept-sum": "added each result to those of earlier calls",
    "interrupted": "wrote a loop that does not end",
    "undefined-name": "used a name that is not defined",
    "hidden-overflow": "hid an overflow and did not avoid it",
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
    "tracking-left-off": "left tracking off for the whole program",
    "transposed": "exchanged rows and columns",
    "untracked": "went backward from something that was never tracked",
    "unused-in-graph": "differentiated in a tensor that is not in the graph",
    "unused-parameter": "left a parameter out of the forward pass",
    "value-for-derivative": "gave the value where the slope is asked",
    "vector-shape": "gave `backward` a vector of another shape than the output's",
    "work-elsewhere": "gave the work to another thread or process",
    "no-backward": "wrote a Function without a `backward`",
    "number-of-gradients": "returned another number of gradients than `forward` has inputs",
    "wrong-place": "returned a gradient in the place of another input",
    "number-saved": "gave `save_for_backward` something that is no tensor",
    # These are in the lessons.
    "added": "added the local derivatives along a path, and did not multiply them",
    "added-up": "let the first derivative pile up in `.grad` with the second",
    "arriving-gradient": "dropped the gradient that arrives at an operator",
    "backward-difference": "took a difference to one side, where one to both sides is asked",
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
    "elementwise": "computed entry by entry where rows are to be mixed",
    "every-path": "walked each way through a graph, where each node is visited once",
    "first-derivative": "gave the first derivative where the second is asked",
    "flag-of-computed": "set `requires_grad` on a tensor that was computed",
    "forgot-factor": "lost the factor that the exponent becomes",
    "forgot-incoming": "left out the gradient that comes into `backward`",
    "forgot-shift": "took the slope of the square at the wrong place",
    "forgot-to-clear": "did not clear the gradient between two steps",
    "forward-difference": "took a difference to one side, where one to both sides is asked",
    "gradient-in-target": "gave the gradient with the signs of the one in the target",
    "gradient-in-x": "gave the gradient in the input, and not in the weight",
    "graph-kept": "kept a graph that nothing uses again",
    "half-step": "stepped by half of h to each side",
    "hard-coded-n": "wrote a fixed length into the formula",
    "ignored-rate": "did not use the learning rate",
    "ignored-v": "did not use the vector `v` at all",
    "inverted": "read a flag the wrong way round",
    "kept-power": "did not lower the exponent by one",
    "kept-sine": "left the sine as it is where its derivative is asked",
    "last-sample-only": "kept the gradient of the last sample alone",
    "last-sample-over-n": "kept the last sample alone, divided by n",
    "library-loss": "let a library compute the loss that is asked by hand",
    "logged-after-the-step": "noted the loss after the step, and not before it",
    "logit-for-probability": "gave a logit to a loss that takes probabilities",
    "lost-sign": "lost the sign of a falling curve",
    "matrix-returned": "gave a matrix where the weighted rows are to be added up",
    "never-cleared": "never cleared the buffer",
    "no-create-graph": "needed a second derivative, and recorded no graph of the first",
    "no-function": "used no Function of their own",
    "no-gradient": "lost the gradient on the way to the leaf",
    "no-parentheses": "wrote `with torch.no_grad:` without parentheses",
    "no-path-beside-sine": "left out the path through the factor beside the sine",
    "no-path-through-sine": "left out the path through the sine",
    "no-tensor": "wrote a forward pass that returns no tensor",
    "none-read": "read a `.grad` that had been set to None",
    "none-without-error": "returned None where nothing was raised",
    "not-caught": "did not catch the error that was asked for",
    "nothing-learned": "wrote a step that leaves the parameters as they are",
    "one-number": "gave one number for the gradient in a vector",
    "one-path-each": "followed one path where several lead to the same leaf",
    "one-path-of-square": "followed one of the two paths in x · x",
    "one-row": "gave one row in place of the whole Jacobian",
    "only-y": "gave the gradient of the first of two losses alone",
    "only-z": "gave the gradient of the second of two losses alone",
    "outer-at-x": "took the outer derivative at x, and not at what the inner function gives",
    "overflow": "let the exponential overflow",
    "one-pass-counts": "kept the gradient of one backward pass only",
    "overwrites": "thought that a backward pass overwrites `.grad`",
    "overwritten": "wrote a gradient over the one that had arrived before",
    "own-factor": "differentiated a product in the wrong factor",
    "passed-on-too-early": "passed a gradient on before all of it had arrived",
    "printed": "printed a result in place of returning it",
    "read-too-early": "read the buffer before the pass that fills it",
    "rebuilt-forward": "built a new graph where one graph is to be used twice",
    "reshaped-v": "reshaped where a transpose is meant",
    "retained-on-last": "kept the graph after the last pass through it",
    "same-buffer": "gave what `.grad` holds at the end for what it held before",
    "same-buffer-emptied": "gave what `.grad` holds after it was emptied for what it held before",
    "saved-is-a-tuple": "took the tuple `saved_tensors` for a tensor",
    "sigmoid-slope-twice": "multiplied with the slope of the sigmoid once too often",
    "sigmoid-twice": "applied the sigmoid twice",
    "sign-of-cosine": "turned round the sign of the sine's derivative",
    "single-precision": "computed in float32 where its digits do not suffice",
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
    "z-counted-twice": "counted one of two losses twice",
}


# What to put on the board for those that any exercise can have. An exercise's own mistake has its third hint there.
BOARDS: Mapping[str, str] = {
    "added-to-grad": "Print `.grad` before and after the call. What does the caller get, and what is left behind?",
    "argument-changed": "Print the argument before and after the call.",
    "autograd-by-hand": "Derive it with chalk, and only then let autograd check the result.",
    "backward-on-number": "Print the type at each step. Where does the tensor become a plain number?",
    "backward-on-vector": "Ask for the shape of what goes backward. Its Jacobian has a row for each entry: which row is wanted?",
    "backward-returns-none": "Print what `y.backward()` returns, and then print `x.grad`.",
    "extra-1n": "Write the function as a sum of terms. Is there a 1/n in it?",
    "factor-1n": "Write the function as a sum of terms, and differentiate one of them. Which factor does it have?",
    "factor-n": "Write the function as a sum of terms, and differentiate one of them. Which factor does it have?",
    "finite-difference": "Print a difference and the formula to ten digits. How many digits do they share?",
    "forgot-1n": "Write the mean as a sum of terms. Each of them has the factor 1/n, and so has its derivative.",
    "formula-by-autograd": "Change the function. Whose slope changes with it: that of the formula, or that of autograd?",
    "grad-of-non-leaf": "Print `is_leaf` of each tensor on the way from the input to the result.",
    "grad-returns-tuple": "Print `torch.autograd.grad(y, x)`, and then the one entry in it.",
    "inplace-on-leaf": "Run the update with and without `torch.no_grad()`, and read the error aloud.",
    "integer-tensor": "Print the dtypes of `torch.tensor(3)` and `torch.tensor(3.0)`. Which number can change by a tiny amount?",
    "kept-sum": "Call the function twice at one point, and print both results. What is kept between the calls?",
    "math-on-tensor": "Print `math.sin(x)` and `torch.sin(x)` for a tensor `x`. Which of them has a `grad_fn`?",
    "no-grad-yet": "Print `x.grad` before the backward pass and after it.",
    "none-as-number": "Print `x.grad` before the backward pass and after it.",
    "number-of-passes": "Count the calls of `backward`. What does each of them find?",
    "opposite-sign": "Predict the sign from the picture before you compute: does the curve rise or fall?",
    "second-backward": "Call `backward()` twice, and read the error aloud. What had the node kept for the first pass?",
    "stale-accumulation": "Call the function twice, and print `.grad` after each call.",
    "still-tracked": "Print `y`, `y.detach()` and `y.item()` one below the other. Which of them has a `grad_fn`?",
    "transposed": "Write the shape below each factor of the product.",
    "untracked": "Print `requires_grad` after each line. Where does the graph begin?",
    "unused-in-graph": "Draw the graph. Is there a path from the result to this tensor?",
    "value-for-derivative": "Draw x², and mark at 3 the height, 9, and the slope, 6. Which of the two is asked for?",
    "vector-shape": "Write down the shape of the output. The vector has a weight for each entry of it.",
}


@dataclass(frozen=True)
class Kind:
    """A kind of finding: `phrase` completes "9 of 24 students …", `board` is what to say in the lecture."""

    phrase: str
    board: str


# By the kind of a finding. They know no lesson, so a class is counted over all exercises together.
KINDS: Mapping[str, Kind] = {
    "slip.sign": Kind(
        "had one sign the wrong way round",
        "Predict the sign from the picture before you compute: does the curve rise or fall?",
    ),
    "slip.operator": Kind(
        "took one operator for another", "Read a formula aloud, operator by operator, against what was derived."
    ),
    "slip.extra-factor": Kind(
        "had a factor too many", "Write each local derivative once, and tick it off in the product."
    ),
    "slip.extra-term": Kind(
        "had a term too many", "Differentiate term by term, and ask of each one whether it moves with the input."
    ),
    "slip.extra-power": Kind("had a power too many", "Compare how the two sides grow when the input doubles."),
    "slip.extra-call": Kind(
        "called a function that should not be there", "Say what each call does to the number, from the inside out."
    ),
    "slip.dropped-factor": Kind(
        "lost a factor", "Draw the chain from input to output: one local derivative for each arrow, and none left out."
    ),
    "slip.dropped-term": Kind(
        "lost a term", "Draw all the paths from the input to the output: each path gives a term."
    ),
    "slip.dropped-power": Kind("lost a power", "Compare how the two sides grow when the input doubles."),
    "slip.dropped-call": Kind(
        "left out the last step", "Compare the type and the shape that come back with those that were asked for."
    ),
    "slip.dropped-return": Kind(
        "computed the result and did not return it", "Ask of each function: what does it hand back?"
    ),
    "slip.dropped-statement": Kind(
        "left out a step", "List the steps in order before writing them, and tick each one off in the code."
    ),
    "slip.number": Kind("had a wrong number in the text", "Check the formula by hand at one small input, with paper."),
    "slip.index": Kind("were off by one", "Write the first and the last index next to the loop."),
    "slip.brackets": Kind(
        "set the brackets in the wrong place",
        "Show the order in which Python computes, with brackets around each step.",
    ),
    "slip.exchanged-operands": Kind(
        "exchanged the two sides of an operator", "Show one operator for which the order matters, with numbers."
    ),
    "slip.exchanged-arguments": Kind(
        "exchanged two arguments", "Read the names of the parameters, then the call, one by one."
    ),
    "slip.exchanged-entries": Kind(
        "exchanged two entries of a result", "Write the name beside each entry before returning them."
    ),
    "slip.function": Kind(
        "took one function for a similar one", "Tell the two functions apart by their values at one input."
    ),
    "slip.exchanged-functions": Kind(
        "exchanged two functions", "Write each function beside its derivative, with the values of both at one input."
    ),
    "slip.name": Kind(
        "used one variable for another", "Say in words what each name stands for, then read the line again."
    ),
    "slip.comparison": Kind(
        "turned a condition round", "Try the condition with one value on each side, and one on the edge."
    ),
    "slip.keyword": Kind("set an option the wrong way", "Show what the option changes, with it on and with it off."),
    "slip.accumulate": Kind(
        "replaced a value that adds up, or added where it is replaced",
        "Run the loop on paper for two steps, with a column for each variable.",
    ),
    "slip.no-leaf": Kind(
        "made a computed tensor of a leaf", "Print `is_leaf` of the tensor before and after the line."
    ),
    "slip.in-place": Kind(
        "changed a value in place that something else holds", "Print the argument before and after the call."
    ),
    "slip.transpose": Kind("exchanged rows and columns", "Write the shape under each array in the line."),
    "slip.shape": Kind(
        "gave numbers the wrong shape",
        "Print the shape after each line, and compare the last one with what was asked for.",
    ),
    "slip.alias": Kind(
        "kept a buffer itself in place of its value", "Print the list after each step: all entries change together."
    ),
    "slip.statement": Kind("had a statement too many", "Take one line away, and see what changes."),
    "slip.order": Kind(
        "had two statements in the wrong order", "Run the lines on paper, with a column for each variable."
    ),
    "slip.indent": Kind("had a line in the wrong block", "Ask of each line in a loop: once, or each time?"),
    "behaviour.unused-parameter": Kind("did not use an argument", "Underline where each argument is used in the body."),
    "behaviour.constant": Kind(
        "returned the same number for every input", "Call it at two inputs before you check it."
    ),
    "behaviour.bitwise-power": Kind("wrote a power with `^`", "Evaluate `3 ^ 2` and `3 ** 2`, and then `3.0 ^ 2`."),
    "behaviour.outside-variable": Kind(
        "used a variable of another cell inside the function",
        "Restart the kernel: what a function uses has to come in as an argument.",
    ),
    "behaviour.rounded": Kind("rounded or cut the result", "Print the number before and after `int`, `round` or `//`."),
    "behaviour.factor": Kind(
        "were off by the same factor everywhere", "Divide the result by the measured slope: what is the ratio?"
    ),
    "behaviour.sign": Kind("lost or turned the sign", "Predict the sign from the picture before you compute."),
    "behaviour.term": Kind(
        "were off by the same term everywhere", "Subtract the measured slope from the result: what is left?"
    ),
    "behaviour.argument": Kind(
        "returned an argument as it was given", "Follow one number through the function, line by line."
    ),
    "behaviour.function": Kind(
        "applied one function too many", "Follow one number through the function, line by line."
    ),
    "behaviour.close": Kind(
        "came close, and not to the right number", "Ask where a number is rounded, cut off, or approximated by a step."
    ),
    "behaviour.one-side": Kind(
        "were right in one case and wrong in another", "Try one input of each kind: both signs, both labels, zero."
    ),
    "behaviour.some-inputs": Kind(
        "were right at some inputs and wrong at others",
        "Compare one input where it is right with one where it is wrong.",
    ),
    "behaviour.other-exercise": Kind(
        "answered another exercise", "Read the question again, aloud: what is asked, of which function?"
    ),
    "behaviour.other-variable": Kind(
        "differentiated in another variable", "Say which input moves, and which ones are held still."
    ),
    "behaviour.second-derivative": Kind(
        "differentiated once too often", "Compare the slope with the slope of the slope in a picture."
    ),
    "behaviour.other-point": Kind(
        "took the slope at another point", "Mark the point in the picture before you compute."
    ),
    "behaviour.exchanged": Kind(
        "had the right numbers under the wrong names", "Write the name beside each number before returning them."
    ),
    "behaviour.arranged": Kind(
        "had the right numbers in another order", "Label the entries of one small example by hand."
    ),
    "behaviour.entry": Kind("had some entries of an array wrong", "Compute the first and the last entry by hand."),
    "none.no-return": Kind("returned nothing", "Show what a function without `return` gives back."),
    "none.printed": Kind(
        "printed the result and did not return it", "Show the difference: `print` shows, `return` hands over."
    ),
    "none.way-without-return": Kind(
        "had a way through the function without `return`", "Draw the branches: does each end in `return`?"
    ),
    "none.backward": Kind(
        "returned what `backward()` returns", "Show that `backward()` gives None, and where the gradient is."
    ),
    "none.method": Kind(
        "returned the result of a method that changes its object", "Show `[1].append(2)`: what does it give back?"
    ),
    "none.no-backward": Kind("read `.grad` without a backward pass", "Print `.grad` before and after `backward()`."),
    "none.cleared": Kind(
        "emptied `.grad` before they read it", "Write the order on the board: forward, backward, read, clear."
    ),
    "none.unused-leaf": Kind(
        "made a leaf and computed from another name", "Draw the graph from the code: does an arrow leave each leaf?"
    ),
    "none.other-tensor": Kind(
        "read the `.grad` of another tensor", "Draw the graph, and mark the leaves: only they keep `.grad`."
    ),
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
