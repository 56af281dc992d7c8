"""Which files of the suite begin first."""

SLOW = (
    "test_bad_input_store.py",
    "test_serve_alone.py",
    "test_bad_input_feeds.py",
    "test_killed_anywhere.py",
    "test_cli_basics.py",
    "test_cli_demo.py",
    "test_store_kill.py",
    "test_identity_case_bars.py",
    "test_customers_import.py",
    "test_crm_sql.py",
    "test_crm_csv.py",
    "test_serve_replicas.py",
    "test_bad_input_secrets.py",
    "test_sender_killed.py",
    "test_third_party_connector.py",
)
"""The names of those that take longest, longest first: a file is one worker's, and one begun last keeps the others waiting."""


def rank(name: str) -> int:
    """Where a file stands in the order; all that are not slow stand together, behind."""
    return SLOW.index(name) if name in SLOW else len(SLOW)
