"""Each number, node name and error message that the course promises stands in the outputs of its lesson's solution."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder.lessons import all_lessons

ROOT = Path(__file__).parents[2]

SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)
UNTRACKED = "element 0 of tensors does not require grad and does not have a grad_fn"

SHOWN = {
    "scalar_gradients": (
        "tensor(3., requires_grad=True)",
        "tensor(9., grad_fn=<PowBackward0>)",
        "tensor(6.)",
        "tensor([ 1.8111, -1.0581, -1.0703])",
        "tensor([ 0.8675, -1.1722, -0.0580], requires_grad=True)",
        "tensor([1., 2., 3.], requires_grad=True)",
        "Only Tensors of floating point and complex dtype can require gradients",
        UNTRACKED,
        "the step is lost",
    ),
    "chain_rule": (
        "tensor(0.4121, grad_fn=<SinBackward0>)",
        "-5.466782",
        "tensor(-5.4668)",
        "-7.661276",
        "tensor(-0.2879, grad_fn=<SinBackward0>)",
        "tensor(-7.6613)",
        "-0.9111",
        "torch::autograd::AccumulateGrad",
        "MeanBackward0",
        "3.171",
    ),
    "binary_cross_entropy": (
        "tensor(6.7000, grad_fn=<AddBackward0>)",
        "tensor(0.9988, grad_fn=<SigmoidBackward0>)",
        "loss: 6.701, made by NegBackward0",
        "tensor(6.6918)",
        "tensor(0.9988)",
        "Manual Gradient of loss w.r.t weight (dw): 6.69176",
        "Manual Gradient of loss w.r.t bias (db): 0.99877",
        "By using autograd function (dw): 6.69176",
        "By using autograd function (db): 0.99877",
        "6.6917630292",
        "0.9987706014",
        "6.7012301550",
        "813.41",
        "0.0012279",
        "1.3124",
        "0.000897",
    ),
    "vector_backward": (
        "tensor(4.6667, grad_fn=<MeanBackward0>)",
        "tensor([0.6667, 1.3333, 2.0000])",
        "tensor([0.2000, 0.4600, 0.6800])",
        "0.5355",
        "tensor([4., 6., 8.])",
        "tensor([4.0000, 0.6000, 0.0800])",
        "tensor([2.8675, 0.8278, 1.9420], grad_fn=<AddBackward0>)",
        "tensor([1.9117, 0.5518, 1.2946])",
        "grad can be implicitly created only for scalar outputs",
        "BinaryCrossEntropyWithLogitsBackward0",
        "tensor([[4., 2., 2., 2., 2.],",
        SECOND_TIME,
    ),
    "accumulation": (
        "tensor([3., 3., 3., 3.])",
        "tensor([6., 6., 6., 6.])",
        "tensor([9., 9., 9., 9.])",
        "tensor(4.)",
        "tensor(8.)",
        "tensor(0.)",
        "Gradient after first backward pass: tensor(4.)",
        "Gradient after second backward pass: tensor(4.)",
        "First call",
        "Second call",
        "tensor([[8., 4., 4., 4., 4.],",
        "[0.8, 14.26, 204.68]",
        "0.5332",
        SECOND_TIME,
        "6.75",
    ),
    "no_grad": (
        "tensor(2., requires_grad=True) tensor(4., grad_fn=<PowBackward0>)",
        UNTRACKED,
        "tensor(8., grad_fn=<PowBackward0>) tensor(8.)",
        "tensor(12.)",
        "tensor(0.5000)",
        "tensor([3., 4., 5.], grad_fn=<AddBackward0>)",
        "tensor([3., 4., 5.])",
        "tensor([2., 3., 4.])",
        "51200",
    ),
    "custom_functions": (
        "log saves ['input']",
        "tensor(8., grad_fn=<CubeBackward>)",
        "needs_input_grad: (True, False, False)",
        "slope of the slope: tensor(12.)",
        "is at version 1; expected version 0 instead",
        ".data counted 0, no error, gradient [60.0, 100.0]",
        "Function 'SqrtBackward0' returned nan values in its 0th output.",
        "bytes saved with a checkpoint: 4000",
    ),
}


def test_every_inventory_has_its_lesson() -> None:
    assert set(SHOWN) <= {lesson.name for lesson in all_lessons()}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SHOWN.items() for text in texts])
def test_the_solution_shows_it(name: str, text: str) -> None:
    folder = next(lesson.folder for lesson in all_lessons() if lesson.name == name)
    notebook = nbformat.read(ROOT / "solutions" / folder / f"{folder}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
    assert " ".join(text.split()) in " ".join(shown.split())
