"""The listening query language: one implementation for searching, for sources' ``only`` and for rules (docs/queries.md).

A leaf: it imports the core and two libraries, and every room may import it. Those two are imported where they are used.
"""

from listener.query.document import Document, Reading, document_of
from listener.query.errors import QueryError
from listener.query.parsing import Query, parse
from listener.query.presets import PRESETS
from listener.query.rules import QuerySet

__all__ = ["PRESETS", "Document", "Query", "QueryError", "QuerySet", "Reading", "document_of", "parse"]
