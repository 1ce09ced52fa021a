"""The pictures: that what is drawn is right, that the text says what is drawn, and that nothing runs over an edge."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib import rc_context, style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.figures import (
    Explorer,
    Picture,
    draw_graph,
    error_curve,
    explore_tangent,
    parabola,
    secants,
    tangent_line,
    zooming_secant,
)
from autograder.figures.accumulating import buffer_bars, explore_learning_rate, loss_curves, saved_and_freed
from autograder.figures.chain import annotated_graph, explore_chain, flowing_back, sine_of_square, sine_wave
from autograder.figures.engines import broadcast_picture, explore_training, order_picture, symptoms_picture, training
from autograder.figures.jacobians import connections, explore_rows, weighted_rows
from autograder.figures.losses import (
    explore_factors,
    gradient_curves,
    learning_curves,
    learning_signal,
    sigmoid_curve,
    tall_graph,
)
from autograder.figures.losses import loss_curves as losses_of_probability
from autograder.figures.nodes import explore_curvature, kept_and_recomputed, node_parts, step_sizes, two_descents
from autograder.figures.tracking import cut_graphs, explore_saved_bytes, saved_bytes, truth_picture


def drawn(picture: Picture) -> Figure:
    figure = Figure(figsize=picture.size, dpi=100, layout="constrained")
    picture.draw(figure)
    FigureCanvasAgg(figure).draw()
    return figure


def texts(figure: Figure) -> list[str]:
    return [one.get_text() for axes in figure.axes for one in axes.texts]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def leaf(value: float = 3.0) -> torch.Tensor:
    return torch.tensor(value, requires_grad=True)


def product_of_sine(at: float) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    x = leaf(at)
    sine = torch.sin(x)
    result = x * x + x * sine
    return x, result, {"x": x, "sin x": sine, "f": result}


def layer() -> Picture:
    W, b = torch.full((5, 3), 0.5, requires_grad=True), torch.full((3,), 0.25, requires_grad=True)
    z = torch.matmul(torch.ones(5), W) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.zeros(3))
    return draw_graph(loss, {"W": W, "b": b, "z": z, "loss": loss})


def swirl(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([x[0] ** 2 - x[1] ** 2, 2 * x[0] * x[1]])


GRAPHS: dict[str, Callable[[], Picture]] = {
    "layer": layer,
    "fan-out": lambda: draw_graph((one := leaf() + 2) * one, {"y": one}),
    "passes by": lambda: draw_graph(product_of_sine(2.0)[1], product_of_sine(2.0)[2]),
    "passes far": lambda: draw_graph(torch.exp(torch.sin(torch.cos(one := leaf()))) * one),
}
SIDE = np.linspace(-1.0, 1.0, 20)
POINTS, LABELS = np.array([[-0.5, 0.4], [0.6, -0.2], [0.3, 0.7]]), np.array([[0.0], [1.0], [1.0]])
# The logit is the first coordinate: positive on the right.
HALVES = np.tile(SIDE, (20, 1))
SNAPSHOTS = {0: -HALVES, 50: HALVES}

PICTURES: dict[str, Callable[[], Picture]] = {
    **GRAPHS,
    "order": order_picture,
    "broadcast": broadcast_picture,
    "training": lambda: training(POINTS, LABELS, SIDE, [0.7, 0.5, 0.1], SNAPSHOTS, 0),
    "one side": lambda: training(POINTS, LABELS, SIDE, [0.7], {0: HALVES + 9.0}, 0),
    "not trained": lambda: explore_training(POINTS, LABELS, SIDE, [], {}),  # type: ignore[dict-item, return-value]
    "symptoms": symptoms_picture,
    "parabola": lambda: parabola((-3.0, 0.0, 3.7)),
    "zooming": lambda: zooming_secant(-2.0).frames[-1],
    "flowing": lambda: flowing_back(*product_of_sine(-1.5)[1:]).frames[2],
    "secants": lambda: secants((1.0, 0.25, -0.5, 0.001), -1.0),
    "tangent": lambda: tangent_line(-2.5),
    "tangent at the end": lambda: explore_tangent().picture(3.5),
    "error": lambda: error_curve(torch.exp, "exp", 1.0),
    "wave": lambda: sine_wave((0.0, 17.0)),
    "sine of square": lambda: sine_of_square((-4.0, 1.0)),
    "annotated": lambda: annotated_graph(product_of_sine(-1.5)[1], {}),
    "tall": lambda: tall_graph(*product_of_sine(0.5)[1:]),
    "chain": lambda: explore_chain().picture(-4.0),
    "sigmoid": sigmoid_curve,
    "losses": losses_of_probability,
    "factors": lambda: explore_factors().picture(-12.0),
    "factors, right": lambda: explore_factors().picture(12.0),
    "gradients": gradient_curves,
    "signal": learning_signal,
    "learning": lambda: learning_curves({"naive": [math.inf, math.nan], "with logits": [22.5, 13.5]}),
    "bars": lambda: buffer_bars(5),
    "freed": saved_and_freed,
    "kept": lambda: saved_and_freed(True),
    "loss curves": lambda: explore_learning_rate().picture(0.6),
    "weighted": lambda: weighted_rows(swirl, (2.0, 0.5), (-1.5, 20.0)),
    "rows": lambda: explore_rows(swirl, (2.0, 0.5)).picture(-0.5),
    "connections": lambda: connections(swirl, (-2.0, 0.0)),
    "cuts": lambda: cut_graphs({"all": torch.sin(one := leaf()) * one**2, "cut": torch.sin(one) * one.detach()}),
    "bytes": lambda: explore_saved_bytes().picture(512),
    "node": node_parts,
    "steps": step_sizes,
    "descents": lambda: two_descents(3),
    "curvature": lambda: explore_curvature().picture(180),
    "checkpoints": kept_and_recomputed,
    "truth": lambda: truth_picture({"requires_grad_(False)": {"is_leaf": True}, "detach()": {"is_leaf": False}}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_runs_over_the_edge(name: str) -> None:
    figure = drawn(PICTURES[name]())
    width, height = figure.get_size_inches() * figure.dpi
    labels = [text for axes in figure.axes for text in (*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label)]
    for text in labels:
        if text.get_text():
            box = text.get_window_extent()
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            assert inside, (text.get_text(), box.extents)


@pytest.mark.parametrize("name", [*GRAPHS, "node"])
def test_no_arrow_runs_through_a_box(name: str) -> None:
    figure = drawn(PICTURES[name]())
    found = [text for axes in figure.axes for text in axes.texts]
    boxes = [box.get_window_extent().padded(-2) for text in found if (box := text.get_bbox_patch()) is not None]
    arrows = [arrow for text in found if (arrow := getattr(text, "arrow_patch", None)) is not None]
    assert len(arrows) >= len(boxes) - 1
    for arrow in arrows:
        path = arrow.get_transform().transform_path(arrow.get_path()).interpolated(50)
        assert not any(box.count_contains(path.vertices) for box in boxes)


@pytest.mark.parametrize("name", ["parabola", "annotated", "truth"])
def test_a_picture_is_the_same_in_each_style_of_a_notebook(name: str) -> None:
    picture = PICTURES[name]()
    plain = picture.png()
    with rc_context(), style.context("dark_background"):
        assert picture.png() == plain


@pytest.mark.parametrize("points", [(-2.0, 0.0, 3.0), (1.5,)])
def test_marked_points_lie_on_the_parabola_and_in_the_text(points: tuple[float, ...]) -> None:
    picture = parabola(points)
    marked = [line.get_xydata()[0] for line in drawn(picture).axes[0].lines if line.get_marker() == "o"]
    assert [tuple(point) for point in marked] == [(x, x * x) for x in points]
    assert all(f"{x:g}" in picture.alt for x in points)


@pytest.mark.parametrize(("steps", "at"), [((1.0, 0.5, 0.1), 3.0), ((2.0, -0.5), -1.0)])
def test_secants_have_the_slope_that_is_written_over_them(steps: tuple[float, ...], at: float) -> None:
    picture = secants(steps, at)
    for h, axes in zip(steps, drawn(picture).axes, strict=True):
        (x0, *_, x1), (y0, *_, y1) = axes.lines[1].get_data()
        written = number(axes.get_title().rpartition(" ")[2])
        assert written == pytest.approx((y1 - y0) / (x1 - x0), rel=5e-3)
        ends = axes.lines[2].get_xydata()
        assert ends[1][0] - ends[0][0] == pytest.approx(h)
        assert f"{written:.3g} for h = {h:g}" in picture.alt


@pytest.mark.parametrize("at", [-2.5, 0.0, 3.0])
def test_the_tangent_touches_the_parabola_and_meets_the_axis_where_the_text_says(at: float) -> None:
    picture = tangent_line(at)
    curve, line, _, _, intercept = drawn(picture).axes[0].lines
    x, y = curve.get_data()
    gap = np.asarray(y) - np.asarray(line.get_ydata())
    assert gap.min() >= -1e-9
    assert x[gap.argmin()] == pytest.approx(at, abs=0.05)
    meets = number(re.search(r"y-axis at (.*)\.$", picture.alt)[1])  # type: ignore[index]
    assert meets == pytest.approx(np.interp(0.0, x, line.get_ydata()), abs=1e-6)
    assert [tuple(point) for point in intercept.get_xydata()] == [(0.0, meets)]


def test_a_fan_out_has_an_arrow_for_each_edge() -> None:
    picture = GRAPHS["fan-out"]()
    arrows = [one for one in drawn(picture).axes[0].texts if getattr(one, "arrow_patch", None) is not None]
    assert len(arrows) == 4
    assert picture.alt.endswith("2 edges lead from y AddBackward0 to MulBackward0.")


def test_what_flows_back_adds_up_to_the_gradients_of_the_still() -> None:
    _, result, names = product_of_sine(2.0)
    motion = flowing_back(result, names)
    first, last = (set(texts(drawn(frame))) for frame in (motion.frames[0], motion.frames[-1]))
    assert first < last == set(texts(drawn(motion.still)))
    assert "<details>" in motion.html()
    assert motion.gif().startswith(b"GIF89a")


@pytest.mark.parametrize("at", [-1.5, 0.5, 3.0])
@pytest.mark.parametrize("draw", [annotated_graph, tall_graph])
def test_a_graph_shows_the_gradient_that_backward_gives(draw: Callable[..., Picture], at: float) -> None:
    x, result, names = product_of_sine(at)
    picture = draw(result, names)
    result.backward()
    assert x.grad is not None
    told = number(re.search(r"x \(AccumulateGrad\) has value \S+ gradient (\S+);", picture.alt)[1])  # type: ignore[index]
    assert told == pytest.approx(x.grad.item(), rel=1e-3)
    shown = [number(one) for text in texts(drawn(picture)) for one in re.findall(r"[-−]?\d+\.?\d*", text)]
    assert any(one == pytest.approx(x.grad.item(), rel=1e-3) for one in shown)


@pytest.mark.parametrize("z", [-3.0, 0.0, 6.7])
def test_the_factors_of_the_loss_multiply_to_their_product(z: float) -> None:
    picture = explore_factors().picture(z)
    first, second, product = (number(text) for text in texts(drawn(picture)))
    assert first * second == pytest.approx(product, rel=1e-4)
    assert product == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-4)
    assert all(f"{one:.5g}" in picture.alt for one in (first, second, product))


@pytest.mark.parametrize("passes", [1, 3, 5])
def test_the_bars_of_a_buffer_stand_on_each_other(passes: int) -> None:
    never, cleared = drawn(buffer_bars(passes)).axes
    tops = {
        axes: [number(one.get_text()) for one in axes.texts if "pass" not in one.get_text()]
        for axes in (never, cleared)
    }
    assert tops[never] == [3.0 * k for k in range(1, passes + 1)]
    assert tops[cleared] == [3.0] * passes
    assert sum(bar.get_height() for bar in never.patches) == sum(tops[never])


def test_losses_are_those_of_the_loop() -> None:
    cleared, never = drawn(loss_curves(0.2)).axes[0].lines
    assert cleared.get_ydata()[:3] == pytest.approx([9.0, 3.24, 1.1664])
    assert never.get_ydata()[:4] == pytest.approx([9.0, 3.24, 0.0144, 3.9680], rel=1e-3)


@pytest.mark.parametrize(("keep", "after"), [(False, ["freed", "freed"]), (True, ["saved: 3", "saved: 9"])])
def test_saved_tensors_are_gone_after_a_pass_that_keeps_nothing(keep: bool, after: list[str]) -> None:
    first, second = drawn(saved_and_freed(keep)).axes
    held = [
        [one.get_text() for one in axes.texts if "ved: " in one.get_text() or one.get_text() == "freed"]
        for axes in (first, second)
    ]
    assert held == [["saved: 3", "saved: 9"], after]


@pytest.mark.parametrize("weights", [(1.0, 0.0), (-0.5, 2.0)])
def test_a_jacobian_shows_its_rows_and_their_weighted_sum(weights: tuple[float, float]) -> None:
    picture = weighted_rows(swirl, (2.0, 0.5), weights)
    rows = np.array([[4.0, -1.0], [1.0, 4.0]])
    left, cells, sums = drawn(picture).axes
    assert [number(one.get_text()) for one in cells.texts] == rows.ravel().tolist()
    assert [number(one.get_text()) for one in left.texts] == list(weights)
    assert [number(one.get_text()) for one in sums.texts] == (np.array(weights) @ rows).tolist()
    assert picture.alt.endswith("[{:.3g}, {:.3g}].".format(*(np.array(weights) @ rows)))


def test_where_a_derivative_is_zero_no_line_is_drawn() -> None:
    picture = connections(lambda x: torch.stack([x[0], x[0] * x[1]]), (2.0, 3.0))
    lines = [line for line in drawn(picture).axes[0].lines if len(line.get_xdata()) == 2]
    assert len(lines) == 3
    assert "x0 to y0 (1), x0 to y1 (3), x1 to y1 (2)" in picture.alt
    assert picture.alt.endswith("No line from x1 to y0.")


def test_a_backward_pass_waits_for_all_that_arrives() -> None:
    early, complete = drawn(order_picture()).axes
    visits = [
        {name: int(place) for place, name in re.findall(r"(\d): (.+)", "\n".join(one.get_text() for one in axes.texts))}
        for axes in (early, complete)
    ]
    assert visits[0]["d"] < visits[0]["tanh d"]
    assert visits[1]["L"] < visits[1]["tanh d"] < visits[1]["d"] < min(visits[1]["a"], visits[1]["b"])


@pytest.mark.parametrize(("step", "told"), [(0, "few"), (50, "nearly all")])
def test_a_training_shows_the_side_of_each_point(step: int, told: str) -> None:
    losses = list(np.linspace(1.0, 0.1, 51))
    picture = training(POINTS, LABELS, SIDE, losses, SNAPSHOTS, step)
    assert f"after {step} steps: {told}" in picture.alt
    plane, curve = drawn(picture).axes
    assert plane.get_title() == f"after {step} steps"
    assert [len(line.get_xdata()) for line in plane.lines] == [1, 2]
    (dot,) = [line for line in curve.lines if line.get_marker() == "o"]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (step, losses[step])


def test_the_slider_of_a_training_finds_the_nearest_step() -> None:
    explorer = explore_training(POINTS, LABELS, SIDE, [0.7] * 51, SNAPSHOTS)
    assert isinstance(explorer, Explorer)
    assert (explorer.low, explorer.high, explorer.step, explorer.start) == (0, 50, 50, 50)
    assert "after 0 steps" in explorer.picture(11.0).alt
    assert "after 50 steps" in explorer.picture(49.0).alt


def test_an_explorer_shows_its_slider_with_widgets_that_give_no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of ipywidgets 7, which Colab has."""
    monkeypatch.delattr("ipywidgets.Widget._repr_mimebundle_")
    bundle = explore_curvature()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_a_sound_loop_falls_and_the_two_others_do_not() -> None:
    sound, swinging, flat = (line.get_ydata() for line in drawn(symptoms_picture()).axes[0].lines)
    assert sound[-1] < sound[0] / 100
    assert max(swinging[5:]) > swinging[0] / 2
    assert set(flat) == {flat[0]}


@pytest.mark.parametrize("rows", [32, 512])
def test_saved_bytes_are_those_of_a_run(rows: int) -> None:
    picture = saved_bytes(rows)
    bars = [bar.get_width() * 1000 for bar in drawn(picture).axes[0].patches]
    assert bars == [2 * rows * 100 * 4] * 3 + [0, 0]
    assert all(f", {bar:.0f} bytes" in picture.alt for bar in bars)


@pytest.mark.parametrize("degrees", [0, 50, 90])
def test_the_parabola_has_the_slope_and_the_curvature_of_the_line(degrees: float) -> None:
    picture = explore_curvature().picture(degrees)
    line, parabola_of_line, _ = drawn(picture).axes[1].lines
    t, height = (np.asarray(one) for one in line.get_data())
    middle, h = len(t) // 2, t[1] - t[0]
    rise = (height[middle + 1] - height[middle - 1]) / (2 * h)
    bend = (height[middle + 1] - 2 * height[middle] + height[middle - 1]) / h**2
    fitted = np.polynomial.Polynomial.fit(t, np.asarray(parabola_of_line.get_ydata()), 2).convert().coef
    assert fitted == pytest.approx([height[middle], rise, bend / 2], abs=1e-3)
    assert f"slope, {rise:.2f}, and the same curvature vᵀHv, {bend:.2f}." in picture.alt


def test_newton_comes_nearer_to_the_minimum_than_gradient_descent() -> None:
    lines = {line.get_label(): line.get_xydata() for line in drawn(two_descents(5)).axes[0].lines}
    descent, newton = lines["gradient descent, rate 0.2"], lines["Newton"]
    assert len(descent) == len(newton) == 6
    assert descent[0].tolist() == newton[0].tolist()
    assert np.linalg.norm(newton[-1]) < 1e-3 < 0.5 < np.linalg.norm(descent[-1])


def test_only_float64_reaches_the_tolerance_in_a_wide_range_of_steps() -> None:
    single, double, *_ = drawn(step_sizes()).axes[0].lines
    below = {line.get_label(): sum(error < 1e-6 for error in line.get_ydata()) for line in (single, double)}
    assert below["float32"] <= 2
    assert below["float64"] >= 20


def test_a_checkpoint_keeps_one_input_for_each_piece() -> None:
    heights = [bar.get_height() for bar in drawn(kept_and_recomputed((4, 16))).axes[0].patches]
    assert heights == [16, 64, 8, 16, 4, 4]


def test_a_cut_graph_ends_where_nothing_is_tracked() -> None:
    x = leaf()
    whole, cut = PICTURES["cuts"]().alt.split("cut: ")
    assert "a constant" not in whole
    assert "MulBackward0 from SinBackward0 and no node: a constant" in cut
    assert "x AccumulateGrad" in cut_graphs({"named": x**2}, {"x": x}).alt


def test_a_table_shows_each_value_once() -> None:
    table = {"one": {"a": True, "b": 2.0}, "two": {"a": False, "b": 4.0}}
    picture = truth_picture(table)
    assert sorted(texts(drawn(picture))) == sorted(["one", "two", "a", "b", "True", "False", "2.0", "4.0"])
    assert "one: a True, b 2.0; two: a False, b 4.0" in picture.alt


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: draw_graph(leaf()), "no grad_fn"),
        (lambda: draw_graph(torch.tensor(3.0) ** 2), "no grad_fn"),
        (lambda: annotated_graph(leaf(), {}), "no grad_fn"),
        (lambda: tall_graph(leaf(), {}), "no grad_fn"),
        (lambda: cut_graphs({"z": leaf().detach() ** 2}), "'z' has no grad_fn"),
        (lambda: weighted_rows(swirl, (2.0, 0.5), (1.0, 1.0, 1.0)), "expected 2 weights, one for each output; got 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[[], Picture], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_the_picture_of_an_explorer_fits_into_a_narrow_page_and_its_number_has_the_digits_of_a_step() -> None:
    """JupyterLab makes images fit, but not those in widgets."""
    slider, image = explore_curvature()._widget().children
    assert slider.readout_format == ".0f"
    for position in (slider.value, 120):
        slider.value = position
        assert image.value.startswith('<img style="max-width: 100%; height: auto" ')
