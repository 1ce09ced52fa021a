"""What is recorded and what is not: a graph with a cut, the bytes that a graph saves, a table of truth values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import networkx
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .picture import BLUE, GREEN, GREY, ORANGE, RED, Explorer, Picture, plain_axes

# Where the walk meets no node: the input of an operation that nobody tracked.
_CONSTANT = "no node:\na constant"


def cut_graphs(graphs: Mapping[str, torch.Tensor], names: Mapping[str, torch.Tensor] | None = None) -> Picture:
    """Return recorded graphs one above the other, each with the places where an input of an operation is untracked.

    Parameters
    ----------
    graphs
        By title, the tensor that the graph was recorded for.
    names
        Names for leaf tensors.

    Raises
    ------
    ValueError
        When nothing was recorded for one of them.
    """
    for title, root in graphs.items():
        if root.grad_fn is None:
            raise ValueError(f"{title!r} has no grad_fn: nothing was recorded for it, so there is no graph to draw")
    leaves = {id(tensor): name for name, tensor in (names or {}).items()}
    walked = {title: _walked(root, leaves) for title, root in graphs.items()}

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(walked), 1, squeeze=False).ravel()
        longest = max(len(_layers(graph)) for graph in walked.values())
        for axes, (title, graph) in zip(panels, walked.items(), strict=True):
            _draw_graph(axes, graph, longest)
            axes.set_title(title, loc="left", fontsize=10)

    told = "; ".join(f"{title}: {_told(graph)}" for title, graph in walked.items())
    tall = sum(max(len(layer) for layer in _layers(graph)) for graph in walked.values())
    return Picture(draw, f"Recorded graphs, from the leaves to the result. {told}.", (8.0, 0.9 * tall + 0.9))


def _walked(root: torch.Tensor, leaves: Mapping[int, str]) -> networkx.DiGraph:
    """Return the graph behind a tensor, found through `next_functions`; each node has its words in "label"."""
    graph = networkx.DiGraph()
    waiting = [root.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in graph:
            continue
        kind = node.name().rpartition("::")[2]
        name = leaves.get(id(getattr(node, "variable", None)))
        graph.add_node(node, label=f"{name}\n{kind}" if name else kind, kind="leaf" if kind == "AccumulateGrad" else "")
        waiting.extend(parent for parent, _ in reversed(node.next_functions))
    for node in list(graph):
        for i, (parent, _) in enumerate(node.next_functions):
            source = parent or (node, i)
            if parent is None:
                graph.add_node(source, label=_CONSTANT, kind="constant")
            graph.add_edge(source, node)
    graph.add_node("root", label="z", kind="root")
    graph.add_edge(root.grad_fn, "root")
    return graph


def _layers(graph: networkx.DiGraph) -> list[list[Any]]:
    """Return the nodes by their distance from the result, the leaves first; a constant stands right before its use."""
    depth = networkx.single_source_shortest_path_length(graph.reverse(), "root")
    longest: dict[Any, int] = {}
    for node in reversed(list(networkx.topological_sort(graph))):
        longest[node] = max((longest[after] + 1 for after in graph.successors(node)), default=depth[node])
    deepest = max(longest.values())
    return [[node for node in graph if longest[node] == deepest - i] for i in range(deepest + 1)]


def _draw_graph(axes: Axes, graph: networkx.DiGraph, longest: int) -> None:
    layers = _layers(graph)
    shift = longest - len(layers)
    place = {
        node: (x + shift, (len(layer) - 1) / 2 - i) for x, layer in enumerate(layers) for i, node in enumerate(layer)
    }
    colours = {"leaf": ORANGE, "constant": RED, "root": GREEN, "": BLUE}
    boxes = {}
    for node, (x, y) in place.items():
        kind = graph.nodes[node]["kind"]
        style = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colours[kind]}
        style["linestyle"] = "dashed" if kind == "constant" else "solid"
        text = axes.text(x, y, graph.nodes[node]["label"], ha="center", va="center", bbox=style, fontsize=9, zorder=3)
        boxes[node] = text.get_bbox_patch()
    for start, end in graph.edges:
        cut = graph.nodes[start]["kind"] == "constant"
        arrow: dict[str, Any] = {"arrowstyle": "-" if cut else "-|>", "color": RED if cut else GREY}
        arrow |= {"linestyle": "dashed" if cut else "solid", "patchA": boxes[start], "patchB": boxes[end], "shrinkB": 2}
        axes.annotate("", place[end], place[start], arrowprops=arrow)
    heights = [y for _, y in place.values()]
    axes.set(xlim=(-0.6, longest - 0.4), ylim=(min(heights) - 0.5, max(heights) + 0.5))
    axes.axis("off")


def _told(graph: networkx.DiGraph) -> str:
    """Return a graph in words: each node with what it comes from."""
    words = {node: data["label"].replace("\n", " ") for node, data in graph.nodes(data=True)}
    order = networkx.topological_sort(graph)
    parts = [
        f"{words[node]} from {' and '.join(words[before] for before in graph.predecessors(node))}"
        for node in order
        if graph.in_degree(node)
    ]
    return ", ".join(parts)


# Bytes


def _ways() -> dict[str, Callable[[torch.nn.Module, torch.Tensor], torch.Tensor]]:
    """Return ways to run a model, by name."""

    def under(context: Any, model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        with context:
            result: torch.Tensor = model(x)
            return result

    return {
        "tracked": lambda model, x: under(nullcontext(), model, x),
        "after eval()": lambda model, x: under(nullcontext(), model.eval(), x),
        "detach() at the end": lambda model, x: under(nullcontext(), model, x).detach(),
        "in no_grad()": lambda model, x: under(torch.no_grad(), model, x),
        "in inference_mode()": lambda model, x: under(torch.inference_mode(), model, x),
    }


def saved_bytes(rows: int = 64, width: int = 100) -> Picture:
    """Return what the graph alone holds of a run of three linear layers with ReLUs, for each way to run them, in bytes.

    The input, the result and the parameters are in memory anyway, so they don't count. A storage counts once.

    Parameters
    ----------
    rows
        How many rows the input has.
    width
        How many inputs and outputs each layer has.
    """
    layers = [torch.nn.Linear(width, width, device="meta").to_empty(device="cpu") for _ in range(3)]
    model = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.ReLU())))
    x = torch.zeros(rows, width)
    sizes: dict[str, list[int]] = {}
    for name, run in _ways().items():
        saved: dict[int, int] = {}

        def pack(tensor: torch.Tensor, saved: dict[int, int] = saved) -> torch.Tensor:
            saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            result = run(model.train(), x)
        elsewhere = {tensor.untyped_storage().data_ptr() for tensor in (x, result, *model.parameters())}
        sizes[name] = [size for place, size in saved.items() if place not in elsewhere]

    def draw(figure: Figure) -> None:
        axes = plain_axes(figure.subplots())
        totals = [sum(each) / 1000 for each in sizes.values()]
        bars = axes.barh(list(sizes), totals, color=[RED if total else GREEN for total in totals])
        labels = [f"{sum(each):,} bytes in {len(each)} tensors".replace(",", " ") for each in sizes.values()]
        axes.bar_label(bars, labels, padding=4, fontsize=9)
        axes.set(xlim=(0, 620), xlabel="held by the graph alone, in thousand bytes")
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)

    told = "; ".join(f"{name}, {sum(each)} bytes in {len(each)} tensors" for name, each in sizes.items())
    return Picture(draw, f"Held by the graph alone with {rows} rows of input: {told}.", (7.2, 2.8))


def explore_saved_bytes() -> Explorer:
    """Return what the graph alone holds, for as many rows of input as a slider says."""
    return Explorer(lambda rows: saved_bytes(round(rows)), "rows", start=256, low=32, high=512, step=32)


# Tables


def truth_picture(table: Mapping[str, Mapping[str, object]]) -> Picture:
    """Return a table of what was measured: a column for each method, a row for each property, True and False in colour."""
    properties = list(dict.fromkeys(key for row in table.values() for key in row))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set(xlim=(-1.9, len(table) - 0.5), ylim=(len(properties) - 0.4, -1.5))
        axes.axis("off")
        for x, (method, row) in enumerate(table.items()):
            axes.text(x, -1, method, ha="center", va="center", fontsize=10, weight="bold", family="monospace")
            for y, key in enumerate(properties):
                value = row[key]
                colour = {True: GREEN, False: RED}.get(value, BLUE) if isinstance(value, bool) else BLUE
                style = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour}
                axes.text(x, y, f"{value}", ha="center", va="center", color=colour, bbox=style, fontsize=10)
        for y, key in enumerate(properties):
            axes.text(-1.9, y, key, ha="left", va="center", fontsize=10)

    told = "; ".join(
        f"{method}: {', '.join(f'{key} {value}' for key, value in row.items())}" for method, row in table.items()
    )
    return Picture(draw, f"Measured, method by method. {told}.", (8.0, 0.5 * len(properties) + 0.7))
