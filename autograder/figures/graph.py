"""The graph that autograd recorded, drawn by walking `grad_fn.next_functions`. Needs no Graphviz."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import networkx
import torch
from matplotlib.figure import Figure

from .picture import BLUE, GREEN, GREY, ORANGE, Picture


def draw_graph(root: torch.Tensor, names: Mapping[str, torch.Tensor] | None = None) -> Picture:
    """Return the recorded graph of `root`: the leaves on the left, then a box for each node, and `root` on the right.

    Parameters
    ----------
    root
        A tensor with a `grad_fn`.
    names
        Names for tensors of the graph, to be written at the nodes that they came from.

    Raises
    ------
    ValueError
        When nothing was recorded, so there is no graph to draw.
    """
    if root.grad_fn is None:
        raise ValueError("this tensor has no grad_fn: nothing was recorded for it, so there is no graph to draw")
    named = {(tensor.grad_fn or id(tensor)): name for name, tensor in (names or {}).items()}
    graph, labels = _walked(root.grad_fn, named)
    graph.add_edge(root.grad_fn, "root")
    labels[root.grad_fn] = root.grad_fn.name()
    labels["root"] = f"{named.get(root.grad_fn, 'result')}\n{'tensor' if root.ndim else f'{root.item():.4g}'}"
    # Each node as far right as it can stand: an input of the last step would else send its arrow past all the others.
    layers = list(networkx.topological_generations(graph.reverse()))[::-1]
    place = {node: (x, (len(layer) - 1) / 2 - i) for x, layer in enumerate(layers) for i, node in enumerate(layer)}

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        boxes = {}
        for node, (x, y) in place.items():
            colour = GREEN if node == "root" else ORANGE if "AccumulateGrad" in labels[node] else BLUE
            style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour}
            text = axes.text(x, y, _folded(labels[node]), ha="center", va="center", bbox=style, fontsize=9, zorder=3)
            boxes[node] = text.get_bbox_patch()
        for start, end, times in graph.edges(data="times", default=1):
            across = place[end][0] - place[start][0]
            bend = 0.6 / across if across > 1 else 0.0  # past the boxes between, not through them
            arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[start], "patchB": boxes[end], "shrinkB": 2}
            for i in range(times):
                rad = bend + 0.35 * (i - (times - 1) / 2) / across
                axes.annotate("", place[end], place[start], arrowprops={**arrow, "connectionstyle": f"arc3,rad={rad}"})
        heights = [y for _, y in place.values()]
        axes.set(xlim=(-0.6, len(layers) - 0.4), ylim=(min(heights) - 0.6, max(heights) + 0.6))
        axes.axis("off")

    order = "; ".join(" and ".join(labels[node].replace("\n", " ") for node in layer) for layer in layers)
    several = "".join(
        f" {times} edges lead from {labels[start]} to {labels[end]}.".replace("\n", " ")
        for start, end, times in graph.edges(data="times", default=1)
        if times > 1
    )
    size = (1.9 * len(layers), 0.5 + 0.8 * max(len(layer) for layer in layers))
    return Picture(draw, f"The recorded graph, from the leaves to the result: {order}.{several}", size)


def _folded(label: str) -> str:
    """Break a long name before one of its capital letters, so that its box leaves room for the arrows."""
    return re.sub(r"(\w{16,}?)(?=[A-Z])", r"\1\n", label)


def _walked(root: Any, names: Mapping[Any, str]) -> tuple[networkx.DiGraph, dict[Any, str]]:
    """Return the graph's edges, from input to output, and the words for each node."""
    graph = networkx.DiGraph()
    labels: dict[Any, str] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in labels:
            continue
        kind = node.name().rpartition("::")[2]
        name = names.get(node) or names.get(id(getattr(node, "variable", None)))
        labels[node] = f"{name}\n{kind}" if name else kind
        graph.add_node(node)
        for parent, _ in node.next_functions:
            if parent is not None:
                times = graph.edges[parent, node]["times"] + 1 if graph.has_edge(parent, node) else 1
                graph.add_edge(parent, node, times=times)
                waiting.append(parent)
    return graph, labels
