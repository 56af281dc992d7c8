"""What an engine is asked about texts, and its answers: gathered over many texts, and safe against one that breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from listener.core.analysis import Relevance, Sentiment
from listener.core.errors import EngineError
from listener.core.lessons import PhraseRule
from nlp.engines import Engine, Said
from nlp.passages import find_passages
from nlp.phrases import teach
from nlp.reading import Reading
from nlp.targets import TargetFinder
from nlp.topics import TopicFinder


class Ask(NamedTuple):
    """Something to score in a text: toward the target of that index, or toward one of its topics (``aspect``)."""

    said: Said
    brand: str
    target: int
    alias: str
    aspect: str | None = None


def asks_of(reading: Reading, finder: TargetFinder, topics: TopicFinder) -> list[Ask]:
    """What is to be scored of a text: each target that it names, and each topic of ours that it speaks of."""
    if reading.finding.relevance is not Relevance.ABOUT:
        return []
    text, language, hits = reading.draft.text, reading.draft.language, reading.finding.hits
    asks = []
    for index in dict.fromkeys(hit.target for hit in hits):
        own = sorted({(hit.start, hit.end) for hit in hits if hit.target == index})
        others = sorted({(hit.start, hit.end) for hit in hits} - set(own))
        # Whole only where nobody else is named: what is said of another in the next sentence is not said of this one.
        said = Said(find_passages(text, reading.sentences, own, others), language, "" if others else text, own)
        asks.append(Ask(said, finder.targets[index].brand, index, text[slice(*own[0])]))
    if reading.draft.repost:
        return asks
    for topic in topics.find(text, reading.sentences, hits):
        said = Said(find_passages(text, reading.sentences, topic.places), language, text, topic.places)
        asks.append(Ask(said, finder.targets[topic.target].brand, topic.target, text[slice(*topic.place)], topic.aspect))
    return asks


class Scorer:
    """Asks an engine, with the community's phrase rules laid over the texts first."""

    def __init__(self, phrases: Sequence[PhraseRule]) -> None:
        self._phrases = phrases

    def score(self, engine: Engine, asks: Sequence[Ask]) -> list[Sentiment | Exception]:
        """The verdict on each; where the engine breaks on the batch, each is asked alone, so that only the culprit is lost.

        Raises:
            EngineError: the engine cannot work at all; the fault is not in a text.
        """
        if not asks:
            return []
        taught, restore = teach([(ask.said, ask.brand) for ask in asks], self._phrases)
        try:
            return [*restore(engine.score_passages(taught))]
        except EngineError:
            raise
        except Exception as error:  # whatever a library raises on some text
            if len(asks) == 1:
                return [error]
            return [answer for ask in asks for answer in self.score(engine, [ask])]
