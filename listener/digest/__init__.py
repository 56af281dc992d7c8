"""The daily digest: by person and decision, not by post.

    facts of a window ──sections──> one matter a person ──ranking──> Digest ──render──> text, HTML, JSON

``sections`` is the table of what can be a reason to show somebody; a further section is one more entry there.
"""

from listener.digest.build import build_digest
from listener.digest.model import Digest, Rendered

__all__ = ["Digest", "Rendered", "build_digest"]
