"""The chain rule in pictures: the two links of sin(x²), and a graph with what flows through it in both directions."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import networkx
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..exercise import gradient
from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Motion, Picture, plain_axes


def _sine_of_square(x: Tensor) -> Tensor:
    return torch.sin(x**2)


def sine_wave(points: tuple[float, ...] = (9.0, 16.0)) -> Picture:
    """Return the curve z = sin(y), with some values of y marked."""

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        y = np.linspace(0, 18, 400)
        axes.plot(y, np.sin(y), color=BLUE, lw=2)
        for point in points:
            axes.plot(point, np.sin(point), "o", color=ORANGE)
            axes.annotate(f"y = {point:g}", (point, np.sin(point)), (10, 4), textcoords="offset points")
        axes.set(xlabel="y, in radians", ylabel="z = sin(y)", xticks=range(0, 19, 2))

    marked = " and ".join(f"{point:g}" for point in points)
    return Picture(
        draw, f"The wave z = sin(y) for y from 0 to 18, in radians, with its points at y = {marked}.", (7.2, 2.8)
    )


def sine_of_square(points: tuple[float, ...] = (3.0, 4.0)) -> Picture:
    """Return z = sin(x²) and below it dz/dx from autograd, from −4 to 4, with some points marked."""
    slope = gradient(_sine_of_square)
    slopes = [slope(point) for point in points]

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        x = np.linspace(-4.2, 4.2, 800)
        for axes, curve, heights, colour, label in (
            (above, np.sin(x**2), np.sin(np.square(points)), BLUE, "z = sin(x²)"),
            (below, [slope(each) for each in x], slopes, RED, "dz/dx"),
        ):
            plain_axes(axes).plot(x, curve, color=colour, lw=2)
            axes.axhline(0, color=GREY, lw=0.8)
            axes.set_ylabel(label)
            for point, height, marker in zip(points, heights, "os^D", strict=False):
                axes.plot(point, height, marker, color=ORANGE, label=f"{height:.4f} at x = {point:g}")
            axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        below.set_xlabel("x")

    told = "; ".join(
        f"at x = {point:g} z is {np.sin(point**2):.4f} and dz/dx is {each:.4f}"
        for point, each in zip(points, slopes, strict=True)
    )
    return Picture(
        draw,
        "Two curves over x from −4 to 4. Above, z = sin(x²), a wave between −1 and 1 that gets narrower away from 0. "
        f"Below, dz/dx, a wave that gets narrower and also taller away from 0. Marked: {told}.",
        (7.2, 4.4),
    )


def annotated_graph(root: Tensor, names: Mapping[str, Tensor]) -> Picture:
    """Return the recorded graph of a scalar: values above the nodes, local derivatives on the edges, gradients below.

    The local derivatives come from the recorded nodes, each called with a 1. The gradients are those products summed
    over the paths from `root`.

    Parameters
    ----------
    root
        A scalar with a `grad_fn`, before `backward()` has freed what its graph saved.
    names
        Names for tensors of the graph. A node is shown with the value of its tensor where it has a name.

    Raises
    ------
    ValueError
        When nothing was recorded, so there is no graph to draw.
    """
    graph = gradient_flow(root, names)

    def draw(figure: Figure) -> None:
        _draw_flow(figure.subplots(), graph)

    layers = list(networkx.topological_generations(graph))
    size = (2.2 * len(layers), 0.4 + 1.8 * max(len(layer) for layer in layers))
    return Picture(draw, f"The recorded graph from the leaves to the result. {flow_told(graph)}", size)


def flowing_back(root: Tensor, names: Mapping[str, Tensor]) -> Motion:
    """Return `annotated_graph`, and in motion how its gradients go back along the edges and add up."""
    still, graph = annotated_graph(root, names), gradient_flow(root, names)

    def frame(step: Step) -> Picture:
        return Picture(lambda figure: _draw_flow(figure.subplots(), graph, step), "", still.size)

    return Motion(still, tuple(map(frame, steps_back(graph))))


@dataclass(frozen=True)
class Step:
    """One moment of a backward pass: what has arrived at each node so far, and the edges that are gone back along."""

    arrived: Mapping[Any, float]
    edges: Container[tuple[Any, Any]]


def steps_back(graph: networkx.DiGraph) -> list[Step]:
    """Return the moments of a backward pass: first the result has its 1, then one node after the other hands on."""
    order = list(reversed(list(networkx.topological_sort(graph))))
    arrived = {order[0]: 1.0}
    steps = [Step(dict(arrived), ())]
    for node in order:
        for parent in graph.predecessors(node):
            share = arrived[node] * sum(graph.edges[parent, node]["slopes"])
            arrived[parent] = arrived.get(parent, 0.0) + share
        if list(graph.predecessors(node)):
            steps.append(Step(dict(arrived), {(parent, node) for parent in graph.predecessors(node)}))
    return steps


def explore_chain() -> Explorer:
    """Return the curve z = sin(x²) with its tangent at a point that a slider moves, and the chain with its numbers there."""
    return Explorer(lambda at: _chain_at(round(at, 2)), "x", start=3.0, low=-4.0, high=4.0)


def _chain_at(at: float) -> Picture:
    with torch.enable_grad():
        x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        y = x**2
        z = torch.sin(y)
    graph = gradient_flow(z, {"x": x, "y": y, "z": z})
    height, slope = z.item(), gradient(_sine_of_square)(at)

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, height_ratios=(3, 2))
        plain_axes(above)
        t = np.linspace(-4.2, 4.2, 800)
        above.plot(t, np.sin(t**2), color=BLUE, lw=2)
        above.plot(t, height + slope * (t - at), color=ORANGE, lw=1.5)
        above.plot(at, height, "o", color=ORANGE)
        above.set(ylim=(-1.4, 1.4), xlim=(-4.3, 4.3), xlabel="x", ylabel="z = sin(x²)")
        _draw_flow(below, graph)

    return Picture(
        draw, f"The curve z = sin(x²) with its tangent at x = {at:g}, and the graph. {flow_told(graph)}", (7.2, 4.8)
    )


def gradient_flow(root: Tensor, names: Mapping[str, Tensor]) -> networkx.DiGraph:
    """Return the graph with a label, a value and a gradient at each node, and the local derivatives on each edge.

    An edge that stands for several, as from x to x · x, carries the local derivative of each.
    """
    if root.grad_fn is None:
        raise ValueError("this tensor has no grad_fn: nothing was recorded for it, so there is no graph to draw")
    named = {(tensor.grad_fn or id(tensor)): (name, tensor.item()) for name, tensor in names.items()}
    graph = networkx.DiGraph()
    one = torch.ones((), dtype=root.dtype)
    waiting: list[Any] = [root.grad_fn]
    while waiting:
        node = waiting.pop()
        if node in graph and "kind" in graph.nodes[node]:
            continue
        name, value = named.get(node) or named.get(id(getattr(node, "variable", None))) or ("", None)
        graph.add_node(node, kind=node.name().rpartition("::")[2], name=name, value=value, gradient=0.0)
        # The node of a leaf has no parents. Called, it would add to `.grad`.
        if not node.next_functions:
            continue
        with torch.no_grad():
            slopes = node(one)
        slopes = slopes if isinstance(slopes, tuple) else (slopes,)
        for (parent, _), slope in zip(node.next_functions, slopes, strict=False):
            if parent is not None:
                before = graph.edges[parent, node]["slopes"] if graph.has_edge(parent, node) else ()
                graph.add_edge(parent, node, slopes=(*before, slope.item()))
                waiting.append(parent)
    graph.nodes[root.grad_fn]["gradient"] = 1.0
    for node in reversed(list(networkx.topological_sort(graph))):
        for parent in graph.predecessors(node):
            graph.nodes[parent]["gradient"] += graph.nodes[node]["gradient"] * sum(graph.edges[parent, node]["slopes"])
    return graph


def _number(number: float) -> str:
    return f"{number:.4g}".replace("-", "−")


def _slopes(slopes: tuple[float, ...]) -> str:
    return " and ".join(map(_number, slopes))


def _called(words: Mapping[str, Any]) -> str:
    return str(words["name"] or words["kind"])


def flow_told(graph: networkx.DiGraph) -> str:
    """Return in words what stands at the nodes and on the edges."""
    order = list(networkx.topological_sort(graph))
    at_nodes = "; ".join(
        f"{_called(words)} ({words['kind']})"
        + ("" if words["value"] is None else f" has value {_number(words['value'])},")
        + f" gradient {_number(words['gradient'])}"
        for words in map(graph.nodes.get, order)
    )
    on_edges = "; ".join(
        f"from {_called(graph.nodes[start])} to {_called(graph.nodes[end])} {_slopes(slopes)}"
        for start, end, slopes in graph.edges(order, data="slopes")
    )
    return f"{at_nodes}. Local derivatives: {on_edges}."


def _draw_flow(axes: Axes, graph: networkx.DiGraph, step: Step | None = None) -> None:
    """Draw a graph with all its gradients; with a step, as far as the backward pass has come."""
    gradients = dict(graph.nodes(data="gradient")) if step is None else step.arrived
    layers = list(networkx.topological_generations(graph))
    place = {
        node: (2.0 * i, 2.2 * ((len(layer) - 1) / 2 - j))
        for i, layer in enumerate(layers)
        for j, node in enumerate(layer)
    }
    boxes = {}
    for node, (x, y) in place.items():
        words = graph.nodes[node]
        colour = ORANGE if words["kind"] == "AccumulateGrad" else BLUE
        style = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour}
        label = f"{words['name']}\n{words['kind']}" if words["name"] else words["kind"]
        boxes[node] = axes.text(
            x, y, label, ha="center", va="center", bbox=style, fontsize=9, zorder=3
        ).get_bbox_patch()
        if words["value"] is not None:
            axes.annotate(
                _number(words["value"]), (x, y), (0, 20), textcoords="offset points", ha="center", color=BLUE, zorder=4
            )
        axes.annotate(
            _number(gradients[node]) if node in gradients else "",
            (x, y),
            (0, -28),
            textcoords="offset points",
            ha="center",
            color=RED,
            weight="bold",
            zorder=4,
        )
    for start, end, slopes in graph.edges(data="slopes"):
        arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[start], "patchB": boxes[end], "shrinkB": 2}
        if step is not None and (start, end) in step.edges:
            arrow |= {"arrowstyle": "<|-", "color": RED, "lw": 2}
        axes.annotate("", place[end], place[start], arrowprops=arrow)
        (x0, y0), (x1, y1) = place[start], place[end]
        text: dict[str, Any] = {"ha": "center", "va": "center", "color": GREEN, "backgroundcolor": "white"}
        # Long edges pass other nodes: their number stands nearer to the start.
        along = 0.5 if x1 - x0 < 3 else 0.42
        axes.text(x0 + along * (x1 - x0), y0 + along * (y1 - y0) + 0.02, f"·({_slopes(slopes)})", fontsize=9, **text)
    heights = [y for _, y in place.values()]
    axes.set(xlim=(-0.9, 2.0 * len(layers) - 1.1), ylim=(min(heights) - 0.9, max(heights) + 0.8))
    axes.set_title("value above the node, local derivative on the edge, gradient below", fontsize=9, color=GREY)
    axes.axis("off")
