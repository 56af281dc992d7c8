"""The network of the engine ``target``: its files, checked before they are used, and pairs of segments to logits.

Only onnxruntime and tokenizers are needed, and neither may fetch or report anything: all that is read lies in one folder.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listener.core.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Triple = tuple[float, float, float]
"""Of negative, neutral and positive, in this order."""
MODEL = Path(__file__).parent / "models" / "target"
_NETWORK, _TOKENIZER, _SETTINGS = "model.onnx", "tokenizer.json", "settings.json"
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_HASH = 8
"""Digits of the hash that tells models of one version apart."""
_TOKENS_AT_ONCE = 512
"""Of one run of the session: what it works on then stays in the processor's cache."""
_PADDING = 8
"""Tokens; where a longer row would make all others of a run together that much longer, another run costs less."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen on validation data when the model was made; it lies beside the model."""

    version: str
    """The word that its maker chose, and a hash of this file, which holds those of the model's files: no two models share it."""
    max_tokens: int
    temperature: float
    """Logits are divided by it, which makes the probabilities calibrated."""
    floor: float
    """What is taken off each probability before they are made to sum to one again."""
    logit_shift: Triple
    """Added to the log-probabilities before the label is chosen: it corrects for the class mix of the training data.
    Where a target is asked about."""
    sure: Triple
    """The probability from which a label is one that the product stands by."""
    fixed_ranges: bool = False
    """Whether the network rounds every text alike. One that takes the range of its numbers from all texts of a run does not:
    a text's verdict would depend on the others, so such a network is given one text at a time."""
    whole_shift: Triple = (0.0, 0.0, 0.0)
    """``logit_shift`` of texts that are asked about as a whole, without a target."""


def read_settings(folder: Path) -> tuple[Settings, dict[str, str]]:
    """The settings of the model in ``folder``, and the SHA-256 of its files.

    Raises:
        EngineError: they cannot be read, or say something that cannot be.
    """
    try:
        raw = (folder / _SETTINGS).read_bytes()
        data = json.loads(raw.decode("utf-8"))
        sure = data["sure"]
        settings = Settings(
            version=f"{data['version']}-{hashlib.sha256(raw).hexdigest()[:_HASH]}",
            max_tokens=int(data["max_tokens"]),
            temperature=float(data["temperature"]),
            floor=float(data.get("floor", 0.0)),
            logit_shift=_triple(data["logit_shift"]),
            whole_shift=_triple(data.get("whole_shift", data["logit_shift"])),
            sure=_triple([sure["negative"], sure["neutral"], sure["positive"]]),
            fixed_ranges=bool(data.get("fixed_ranges", False)),
        )
        hashes = {name: str(data["sha256"][name]) for name in (_NETWORK, _TOKENIZER)}
    except OSError as problem:
        raise EngineError(f"{_where(folder)}: {_SETTINGS} cannot be read ({problem.strerror}); {_remedy(folder)}") from problem
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise EngineError(f"{_where(folder)}: {_SETTINGS} is damaged ({type(problem).__name__}); {_remedy(folder)}") from problem
    numbers = (settings.temperature, *settings.logit_shift, *settings.whole_shift, *settings.sure)
    possible = 8 <= settings.max_tokens <= 512 and settings.temperature > 0 and 0 <= settings.floor < 0.3
    if not (possible and all(map(math.isfinite, numbers))):
        raise EngineError(f"{_where(folder)}: {_SETTINGS} holds numbers that cannot be; {_remedy(folder)}")
    return settings, hashes


class Encoder:
    """The network, ready to run; may be used by several threads at once."""

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        """Without a ``folder``, the model is the one that is shipped; ``threads`` are those of one run of the network.

        Raises:
            EngineError: a library or a file is missing, or a file is not what it was when the model was made.
        """
        folder = folder or MODEL
        # The official builds of onnxruntime report on their use to their maker, from a thread of their own, and keep an id of the
        # device in the home. The variable is read when it is imported; the function that switches reporting off comes too late.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            import onnxruntime  # here, as the two below: whoever uses another engine needs none of them
            import tokenizers
        except ImportError as problem:
            name = problem.name or "onnxruntime"
            raise EngineError(
                f'the engine "target" needs the library {name}, which cannot be loaded; '
                f'install it (pip install onnxruntime tokenizers) or choose engine = "vader"'
            ) from problem
        self.settings, hashes = read_settings(folder)
        network, words = (_checked(folder / name, hashes[name]) for name in (_NETWORK, _TOKENIZER))
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(words.decode("utf-8"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.settings.max_tokens)
            # "[SEP]" in a text is three words like any others, and cannot end the segment.
            self._tokenizer.encode_special_tokens = True
            self._session = onnxruntime.InferenceSession(network, _options(onnxruntime, threads), ["CPUExecutionProvider"])
            trial = self.logits([("fine", "word"), ("fine", "")])
        except Exception as problem:
            # Both libraries raise whatever they like, a bare Exception among others.
            raise EngineError(f"{_where(folder)} cannot be run ({type(problem).__name__}); {_remedy(folder)}") from problem
        if trial.shape != (2, 3):
            raise EngineError(f"{_where(folder)} answers with other classes than it should; {_remedy(folder)}")

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Three logits for each pair of segments, in order; a second segment of ``""`` is none at all."""
        import numpy as np

        different = {one: i for i, one in enumerate(dict.fromkeys(pairs))}  # what is said word by word again is read once
        encoded = [self._tokenizer.encode(first, second or None) for first, second in different]
        rows = [encoding.ids for encoding in encoded]
        answers = np.zeros((len(rows), 3), dtype=np.float32)
        for batch in self._batches([len(ids) for ids in rows]):
            given = {name: np.zeros((len(batch), len(rows[batch[-1]])), dtype=np.int64) for name in _INPUTS}
            ids, mask, kinds = given.values()
            for row, i in enumerate(batch):
                length = len(rows[i])
                ids[row, :length], mask[row, :length] = rows[i], 1
                kinds[row, :length] = encoded[i].type_ids
            answers[batch] = self._session.run(["logits"], given)[0]
        return answers[[different[one] for one in pairs]]

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Which rows are run together, the longest last: those of like length, so that hardly anything is padding."""
        batch: list[int] = []
        for i in sorted(range(len(lengths)), key=lengths.__getitem__):
            length = lengths[i]
            if batch and (
                not self.settings.fixed_ranges
                or length * (len(batch) + 1) > _TOKENS_AT_ONCE
                or (length - lengths[batch[-1]]) * len(batch) > _PADDING
            ):
                yield batch
                batch = []
            batch.append(i)
        if batch:
            yield batch


def _options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors; they are raised as well
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the processor to others
    return options


def _checked(path: Path, digest: str) -> bytes:
    """The file's content, which is what it was when the model was made."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise EngineError(
            f"{_where(path.parent)}: {path.name} cannot be read ({problem.strerror}); {_remedy(path.parent)}"
        ) from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise EngineError(f"{_where(path.parent)}: {path.name} is damaged (its checksum differs); {_remedy(path.parent)}")
    return content


def _where(folder: Path) -> str:
    return f'the model of the engine "target" in {folder}'


def _remedy(folder: Path) -> str:
    first = "install listener again" if folder == MODEL else "mend the folder that [nlp] model names"
    return f'{first}, build the model anew, or choose engine = "vader"'


def _triple(numbers: Any) -> Triple:
    first, second, third = (float(number) for number in numbers)
    return first, second, third
