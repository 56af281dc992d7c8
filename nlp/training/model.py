"""The network: a small BERT encoder, two means over its last layer, and one linear layer.

The second mean is over the target's own segment, whose words have looked at the text: that is where a verdict *toward* it forms.
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import BertModel

CLASSES = 3


class TargetClassifier(torch.nn.Module):
    """Logits (batch, 3) of negative, neutral, positive from token ids, mask and segment ids (batch, length)."""

    def __init__(self, base: Path, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(str(base), add_pooling_layer=False, attn_implementation="eager")
        width = int(self.encoder.config.hidden_size)
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(2 * width, CLASSES)
        torch.nn.init.normal_(self.head.weight, std=0.02)
        torch.nn.init.zeros_(self.head.bias)
        # Words that the small sets hold once would only be learned by heart, and the step would cost a quarter more.
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        everything = attention_mask.unsqueeze(-1).to(states.dtype)
        second = token_type_ids.unsqueeze(-1).to(states.dtype)
        whole = (states * everything).sum(1) / everything.sum(1)
        # Without a second segment the mean of the whole stands for it.
        target = ((states * second).sum(1) + whole * 1e-3) / (second.sum(1) + 1e-3)
        return self.head(self.dropout(torch.cat([whole, target], dim=1)))  # type: ignore[no-any-return]
