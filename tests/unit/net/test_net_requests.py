"""The guard for libraries built on requests."""

import io
import ssl
import time

import pytest
import requests
import trustme

from listener.core.errors import RetryLater, SourceProtocolError, SourceRejected
from listener.net.requests_session import guarded_session
from listener.net.settings import DoorSettings
from tests.unit.net.net_server import Reply, Site, raw, serve

QUICK = DoorSettings(connect_timeout=5, read_timeout=10, total_timeout=20, max_body=10_000)


@pytest.fixture
def site():
    with serve() as site:
        yield site


@pytest.fixture
def session():
    with guarded_session(QUICK, private=True) as session:
        yield session


def test_it_is_a_session(site: Site, session: requests.Session):
    site["/a"] = Reply('{"ü": 1}'.encode(), 201, {"Content-Type": "application/json", "X-Rate": "7"})
    got = session.get(site.url("/a"), params=None, headers={"Authorization": b"Bearer x"})
    assert (got.status_code, got.reason, got.json(), got.headers["x-rate"]) == (201, "Created", {"ü": 1}, "7")
    assert site.seen[0].headers["authorization"] == "Bearer x"
    assert not session.trust_env


@pytest.mark.parametrize("data", ["a=ü", b"bytes", {"a": "b"}, io.BytesIO(b"file"), iter([b"one", b"two"])])
def test_bodies_are_sent(site: Site, session: requests.Session, data):
    site["/"] = Reply(b"taken")
    assert session.post(site.url(), data=data).content == b"taken"
    assert site.seen[0].method == "POST"
    chunked = site.seen[0].headers.get("transfer-encoding") == "chunked"
    assert chunked or site.seen[0].body in {"a=ü".encode(), b"bytes", b"a=b", b"file"}


def test_a_packed_answer_is_unpacked_once(site: Site, session: requests.Session):
    import gzip

    site["/"] = Reply(gzip.compress(b"words"), headers={"Content-Encoding": "gzip"})
    got = session.get(site.url(), stream=True)
    assert b"".join(got.iter_content(2)) == b"words"
    assert "content-encoding" not in got.headers


def test_statuses_are_left_to_the_library(site: Site, session: requests.Session):
    site["/"] = Reply(b"slow down", 429, {"Retry-After": "3"})
    got = session.get(site.url())
    assert (got.status_code, got.text, got.headers["retry-after"]) == (429, "slow down", "3")


@pytest.mark.parametrize("private", [False, True])
def test_the_metadata_address_is_refused(private):
    with guarded_session(QUICK, private) as session, pytest.raises(SourceRejected, match="not allowed") as caught:
        session.get("http://169.254.169.254/latest?token=tell")
    assert isinstance(caught.value, requests.exceptions.RequestException)
    assert "tell" not in str(caught.value)


def test_private_addresses_need_the_opt_in(site: Site):
    with guarded_session(QUICK) as session, pytest.raises(SourceRejected, match="private = true"):
        session.get(site.url())


def test_a_redirect_inside_is_refused(site: Site, session: requests.Session):
    site["/"] = Reply(status=302, headers={"Location": "http://169.254.169.254/"})
    with pytest.raises(SourceRejected, match="not allowed"):
        session.get(site.url())


def test_redirects_are_followed_and_counted(site: Site, session: requests.Session):
    site["/a"] = Reply(status=302, headers={"Location": "/b"})
    site["/b"] = b"here"
    assert session.get(site.url("/a")).content == b"here"
    site["/b"] = Reply(status=302, headers={"Location": "/a"})
    with pytest.raises(requests.exceptions.TooManyRedirects):
        session.get(site.url("/a"))


def test_no_redirect_from_https_to_http(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serve(context) as site, guarded_session(DoorSettings(ca_file=tmp_path / "ca.pem"), private=True) as session:
        site["/"] = Reply(status=302, headers={"Location": "http://127.0.0.1/"})
        with pytest.raises(SourceRejected, match="https"):
            session.get(site.url(), verify=False)


def test_too_large_is_an_error_of_both_kinds(site: Site, session: requests.Session):
    site["/"] = bytes(20_000)
    with pytest.raises(SourceProtocolError, match="larger") as caught:
        session.get(site.url())
    assert isinstance(caught.value, requests.exceptions.ContentDecodingError)


@pytest.mark.parametrize("timeout", [0.2, (0.1, 0.1), (None, 0.1), None])
def test_a_slow_answer_is_for_later(site: Site, timeout):
    site["/"] = raw(lambda connection: time.sleep(5))
    started = time.monotonic()
    with guarded_session(DoorSettings(read_timeout=0.3), private=True) as session, pytest.raises(RetryLater) as caught:
        session.get(site.url(), timeout=timeout)
    assert time.monotonic() - started < 4
    assert isinstance(caught.value, requests.exceptions.ConnectionError)


def test_client_certificates_are_refused(site: Site, session: requests.Session):
    with pytest.raises(SourceRejected, match="certificates"):
        session.get(site.url(), cert="client.pem")
