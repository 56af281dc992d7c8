"""The kinds of customer sources that are asked over a connection, beside the CSV file."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.crm.hubspot import SPEC as HUBSPOT
from connectors.crm.salesforce import SPEC as SALESFORCE
from connectors.crm.spec import CrmSpec
from connectors.crm.sql import SPEC as SQL

SPECS: Mapping[str, CrmSpec] = {spec.kind: spec for spec in (SQL, HUBSPOT, SALESFORCE)}
