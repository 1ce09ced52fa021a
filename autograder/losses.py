"""Binary cross-entropy in three forms, for lesson 3 and its figures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-8


def loss_of_probability(p: Tensor, y: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of probabilities p for labels y."""
    return functional.binary_cross_entropy(p, y)


def loss_of_logit(z: Tensor, y: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of logits z for labels y. Its only error is rounding, at any size of z."""
    return -(y * functional.logsigmoid(z) + (1 - y) * functional.logsigmoid(-z)).mean()


def clamped_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the loss of the lesson's `binary_cross_entropy_loss`. It clamps its prediction away from 0 and 1."""
    prediction = torch.clamp(prediction, EPSILON, 1 - EPSILON)
    return -(target * torch.log(prediction) + (1 - target) * torch.log(1 - prediction))
