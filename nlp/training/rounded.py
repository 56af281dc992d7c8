"""Fitting with the int8 numbers in view: what ships rounds its weights and what its layers read, so it learns to bear that.

Each product reads its weights and its input as they will be rounded; the slope goes through as if they were not (straight-through
estimator; quantisation-aware training: Jacob et al., CVPR 2018). The word vectors, which do not learn, and the approximation of
GELU are not in view.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch

from nlp.training.fit import Ids, collate
from nlp.training.model import TargetClassifier
from nlp.training.quicken import levels_of, range_of


class RoundedLinear(torch.nn.Linear):
    """A linear layer whose input (uint8, between fixed ends) and weights (int8, by output) are rounded as in the export."""

    scale: float
    zero: int

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the library's name
        scales = (self.weight.detach().abs().amax(1) / 127).clamp_min(1e-8)
        nothing = torch.zeros(len(scales), dtype=torch.int32)
        read = torch.fake_quantize_per_tensor_affine(input.float(), self.scale, self.zero, 0, 255)
        weight = torch.fake_quantize_per_channel_affine(self.weight, scales, nothing, 0, -127, 127)
        return torch.nn.functional.linear(read, weight, self.bias)


def with_rounding(network: TargetClassifier, texts: Sequence[Ids]) -> TargetClassifier:
    """A copy whose layers round as the exported model will; ``texts`` show how large their inputs get."""
    its: TargetClassifier = copy.deepcopy(network).eval()
    layers = {name: layer for name, layer in its.named_modules() if type(layer) is torch.nn.Linear}
    read: dict[str, list[tuple[float, float]]] = {name: [] for name in layers}
    hooks = [
        layer.register_forward_pre_hook(lambda _, got, name=name: read[name].append((float(got[0].min()), float(got[0].max()))))
        for name, layer in layers.items()
    ]
    with torch.no_grad():
        for text in texts:
            its(*collate([text]))
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        layer.__class__ = RoundedLinear
        scale, zero = levels_of(*range_of(read[name]))
        layer.scale, layer.zero = float(scale), int(zero)
    return its


def plain(network: TargetClassifier) -> TargetClassifier:
    """The same network with its ordinary layers."""
    its: TargetClassifier = copy.deepcopy(network)
    for layer in its.modules():
        if type(layer) is RoundedLinear:
            layer.__class__ = torch.nn.Linear
    return its
