"""Every table there is: with this module imported, ``metadata`` is whole."""

from __future__ import annotations

from storage import listening_tables, tables, telling_tables
from storage.columns import metadata

__all__ = ["listening_tables", "metadata", "tables", "telling_tables"]
