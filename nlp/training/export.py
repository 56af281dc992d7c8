"""From a trained network to the files that the engine reads: a pruned vocabulary, an int8 ONNX graph, the settings."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from tokenizers import Tokenizer

from nlp.training.fit import Ids, collate
from nlp.training.model import TargetClassifier
from nlp.training.quicken import fix_ranges, quicken

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def prune(tokenizer: Tokenizer, seen: Counter[int], fewest: int = 1) -> list[int]:
    """The ids that stay, in order: special ones, single characters and their continuations, and words seen ``fewest`` times.

    A word whose own piece is gone is still read, from shorter pieces.
    """
    stay = []
    for token, number in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]):
        bare = token.removeprefix("##")
        if token in SPECIAL or len(bare) == 1 or seen[number] >= fewest:
            stay.append(number)
    return stay


def pruned_tokenizer(tokenizer: Tokenizer, stay: Iterable[int]) -> Tokenizer:
    """The tokenizer with the vocabulary ``stay``, numbered anew in that order, and without truncation or padding."""
    data = json.loads(tokenizer.to_str())
    kept = list(stay)
    names = {number: token for token, number in tokenizer.get_vocab().items()}
    data["model"]["vocab"] = {names[number]: place for place, number in enumerate(kept)}
    vocabulary: Mapping[str, int] = data["model"]["vocab"]
    data["truncation"] = data["padding"] = None
    data["added_tokens"] = [
        {**one, "id": vocabulary[one["content"]]} for one in data["added_tokens"] if one["content"] in SPECIAL
    ]
    for one in data["post_processor"].get("special_tokens", {}).values():
        one["ids"] = [vocabulary[token] for token in one["tokens"]]
    return Tokenizer.from_str(json.dumps(data, ensure_ascii=False))


def export(
    network: TargetClassifier,
    tokenizer: Tokenizer,
    stay: Sequence[int],
    shown: Sequence[Ids],
    folder: Path,
    settings: Mapping[str, Any],
) -> None:
    """Write ``model.onnx``, ``tokenizer.json`` and ``settings.json`` (with the hashes of both) into ``folder``.

    ``shown`` are texts in the small vocabulary, by which the ranges of the int8 numbers are fixed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.eval()
    words = network.encoder.embeddings.word_embeddings
    network.encoder.embeddings.word_embeddings = torch.nn.Embedding.from_pretrained(
        words.weight[torch.tensor(list(stay))].clone()
    )
    example = {name: torch.ones(2, 8, dtype=torch.long) for name in INPUTS}
    axes = {name: {0: "batch", 1: "length"} for name in example} | {"logits": {0: "batch"}}
    with tempfile.TemporaryDirectory() as work, torch.no_grad():
        whole, fused = Path(work) / "whole.onnx", Path(work) / "fused.onnx"
        torch.onnx.export(
            network,
            tuple(example.values()),
            str(whole),
            input_names=list(example),
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        optimized = optimize_model(
            str(whole), model_type="bert", num_heads=0, hidden_size=0, opt_level=0, optimization_options=_fusions()
        )
        optimized.save_model_to_file(str(fused))
        quantized = Path(work) / "quantized.onnx"
        quantize_dynamic(
            str(fused),
            str(quantized),
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # behind a fused operator no type can be inferred
        )
        fixed = fix_ranges(onnx.load(str(quantized)), (_feed([one]) for one in shown))
        onnx.save(quicken(fixed), str(folder / "model.onnx"))
    network.encoder.embeddings.word_embeddings = words
    onnx.checker.check_model(str(folder / "model.onnx"))
    pruned_tokenizer(tokenizer, stay).save(str(folder / "tokenizer.json"), pretty=False)
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "tokenizer.json")}
    text = json.dumps({**settings, "fixed_ranges": True, "sha256": hashes}, indent=2, ensure_ascii=False) + "\n"
    (folder / "settings.json").write_text(text, encoding="utf-8")


def _fusions() -> FusionOptions:
    """Which operators are made one: those that gain. The runtime's own kernels of attention and of a sum that is normalised are a
    quarter slower on a processor than the plain operators that they replace (measured with version 1.32)."""
    options = FusionOptions("bert")
    options.enable_attention = False
    options.enable_skip_layer_norm = False
    options.enable_gelu_approximation = True
    return options


def run(folder: Path, items: Sequence[Ids]) -> NDArray[np.float64]:
    """Logits (texts, 3) of the exported model, in the order given."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    order = sorted(range(len(items)), key=lambda i: len(items[i][0]))
    logits = np.zeros((len(items), 3))
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        logits[chosen] = session.run(["logits"], _feed([items[i] for i in chosen]))[0]
    return logits


def _feed(items: Sequence[Ids]) -> dict[str, Any]:
    return {name: part.numpy() for name, part in zip(INPUTS, collate(items), strict=True)}
