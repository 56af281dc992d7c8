"""Every table there is: with this module imported, ``metadata`` is whole."""

from __future__ import annotations

from storage import correction_tables, identity_tables, listening_tables, near_tables, tables, telling_tables
from storage.columns import metadata

__all__ = ["correction_tables", "identity_tables", "listening_tables", "metadata", "near_tables", "tables", "telling_tables"]
