"""A larger network that only teaches: eight times the weights of the one that ships, too slow to run beside the product.

It learns from fewer of the texts, so that what it says of the others is not learned by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import MPNetModel

from nlp.training.data import Example
from nlp.training.fit import Ids
from nlp.training.model import CLASSES


class ExpertClassifier(torch.nn.Module):
    """As ``TargetClassifier``, of an MPNet encoder; the first ``frozen`` layers stay as they were."""

    def __init__(self, base: Path, frozen: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = MPNetModel.from_pretrained(
            str(base), add_pooling_layer=False, attn_implementation="eager", attention_probs_dropout_prob=0.0
        )
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(2 * int(self.encoder.config.hidden_size), CLASSES)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.zeros_(self.head.bias)
        self.still = [self.encoder.embeddings, *self.encoder.encoder.layer[:frozen]]
        for part in [*self.still, self.encoder.encoder.relative_attention_bias]:
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> ExpertClassifier:
        """What stays as it was drops nothing out either."""
        super().train(mode)
        for part in self.still:
            part.train(False)
        return self

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        everything = attention_mask.unsqueeze(-1).to(states.dtype)
        target_s = second.unsqueeze(-1).to(states.dtype)
        whole = (states * everything).sum(1) / everything.sum(1)
        target = ((states * target_s).sum(1) + whole * 1e-3) / (target_s.sum(1) + 1e-3)
        return self.head(self.dropout(torch.cat([whole, target], dim=1)))  # type: ignore[no-any-return]


def encode_for_expert(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Ids]:
    """The examples as this network reads them: which ids are of the second segment stands where others have segment ids."""
    pairs = [(one.first, one.second) if one.second else one.first for one in examples]
    return [(one.ids, [int(which == 1) for which in one.sequence_ids]) for one in tokenizer.encode_batch(pairs)]
