"""The imap connector against a mailbox on loopback. It speaks no HTTP: refused addresses are tested with the connector itself."""

from __future__ import annotations

import weakref
from pathlib import Path

from tests.contract.conn_cases import Case
from tests.support.imap_server import Imap, ImapServer
from tests.unit.net.net_server import Site

DATA = Path(__file__).parents[2] / "data" / "imap"


def case(site: Site, folder: Path) -> Case:
    imap = Imap()
    for name in ("newsletter.eml", "google_alert.eml"):
        imap.put((DATA / name).read_bytes())
    server = ImapServer(imap)
    weakref.finalize(site, server.close)  # ends with the site that the suite made for this case
    options = {"host": "127.0.0.1", "port": imap.port, "security": "none", "private": True, "any_sender": True}
    return Case({**options, "user": imap.user, "password": imap.password}, broken=server.close)
