"""What `make rounding` runs the solutions under: a machine that rounds in another way."""

from __future__ import annotations

import pytest
import torch

from . import noise


def test_noise_moves_what_is_rounded_and_nothing_else() -> None:
    numbers = torch.linspace(0.1, 2.0, 50)
    right = torch.exp(numbers)
    with noise.Noise():
        moved, again, kept = torch.exp(numbers), torch.exp(numbers), torch.cat([numbers, numbers])
        whole, below_one = torch.arange(5.0) ** 2, torch.sigmoid(torch.full((9,), 16.0))
        leaf = torch.tensor(0.3, requires_grad=True)
        (gradient,) = torch.autograd.grad(torch.sin(leaf), leaf)
    off = (moved.view(torch.int32) - right.view(torch.int32)).abs()
    assert off.max() == 2
    assert (off > 0).float().mean() > 0.5
    assert torch.equal(moved, again)
    assert torch.equal(kept, torch.cat([numbers, numbers]))
    assert whole.tolist() == [0, 1, 4, 9, 16]
    assert (below_one < 1).all()
    assert gradient == pytest.approx(0.9553365, abs=1e-6)
