"""The imap connector: the real imaplib against servers on loopback, and mails of every kind."""

import imaplib
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors._imap_alerts import results_of, unwrapped
from connectors._imap_client import Mailbox, Security
from connectors._imap_mails import Unreadable, read_head, read_mail
from connectors._imap_session import open_session
from connectors.imap import SPEC, Options
from listener.core.connector import ConnectorContext
from listener.core.errors import RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.core.mention import Markup
from tests.support.imap_server import Imap, imap_server, real_imap_server, real_server_is_installed
from tests.unit.connectors.conn_door import NOW

DATA = Path(__file__).parents[2] / "data" / "imap"
ALERT = (DATA / "google_alert.eml").read_bytes()
NEWSLETTER = (DATA / "newsletter.eml").read_bytes()
SECRET = "geheim"


def mail(number: int = 1, sender: str = "News <news@shop.example>", text: str = "Hello", more: str = "") -> str:
    head = f"From: {sender}\nSubject: Mail {number}\nMessage-ID: <{number}@shop.example>\nDate: Fri, 30 Jan 2026 09:00:00 +0000\n"
    return f"{head}{more}\n{text}\n"


def options(imap: Imap, **more: object) -> Options:
    given = {"security": "none", "private": True, "senders": ("shop.example", "belege.example", "google.com"), **more}
    return Options(host="127.0.0.1", port=imap.port, user=imap.user, password=SecretStr(SECRET), **given)


def run(imap: Imap, cursor=None, *, now=NOW, limit=None, **more):
    context = ConnectorContext(None, now, since=NOW - timedelta(days=7), limit=limit)
    return list(SPEC.build(options(imap, **more), context).pages(cursor or {}))


def mentions(pages):
    return [mention for page in pages for mention in page.mentions]


def rejected(pages):
    return [(one.item, one.reason) for page in pages for one in page.rejected]


def later(pages):
    return json.loads(json.dumps(pages[-1].cursor))


@pytest.fixture
def imap():
    with imap_server(Imap()) as imap:
        yield imap


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


# ------------------------------------------------------------------------------------------------ what is heard


def test_a_newsletter_is_one_mention_in_plain_text(imap):
    imap.put(NEWSLETTER)
    (page,) = run(imap)
    (one,) = page.mentions
    assert (one.platform, one.origin, one.external_id) == ("mail", "belege.example", "brief-17@belege.example")
    assert one.title == "Unser Urteil über Quillon – nach einem Jahr"
    assert (one.text, one.markup) == (
        "Liebe Leserinnen und Leser,\n\nQuillon ist schneller geworden; der Export bleibt zäh.",
        Markup.PLAIN,
    )
    assert one.author.display_name == "Bücher & Belege"
    assert one.author.email is None
    assert one.published_at == datetime(2026, 1, 30, 8, tzinfo=UTC)


def test_an_alert_is_a_mention_for_each_result_with_its_real_link(imap):
    imap.put(ALERT)
    first, second = mentions(run(imap))
    assert first.url == first.external_id == "https://ledgerpost.example/2026/01/small-firms"
    assert first.title == "Small firms drop spreadsheets for Quillon - The Ledger Post"
    assert first.text == "Three bookkeepers say Quillon saved them a week & more every quarter ..."
    assert first.author.display_name == "The Ledger Post"
    assert second.url == "https://mira.example/blog/leaving-quillon?id=7"
    assert second.author.display_name == "Mira's desk"
    assert {one.published_at for one in (first, second)} == {datetime(2026, 1, 31, 14, 12, 44, tzinfo=UTC)}
    assert {one.origin for one in (first, second)} == {"google.com"}


def test_a_page_that_two_alerts_report_is_one_mention(imap):
    imap.put(ALERT)
    imap.put(ALERT.replace(b"12345678@google.com", b"12345679@google.com"))
    assert len({one.key for one in mentions(run(imap))}) == 2


def test_an_alert_in_a_form_that_is_not_known_is_a_mail_as_others(imap):
    imap.put(mail(sender="googlealerts-noreply@google.com", text="a new form"))
    assert [one.text for one in mentions(run(imap))] == ["a new form"]


def test_a_mail_in_html_alone_is_handed_over_as_html(imap):
    imap.put(mail(text="<p>Hi</p>", more="Content-Type: text/html\n"))
    (one,) = mentions(run(imap))
    assert (one.text.strip(), one.markup) == ("<p>Hi</p>", Markup.HTML)


def test_only_mails_of_the_named_senders_are_fetched(imap):
    imap.put(mail(1))
    imap.put(mail(2, "Eve <eve@private.example>"))
    imap.put(mail(3, "x@news.SHOP.example"))
    imap.put(mail(4, "x@notshop.example"))
    imap.put(mail(5, "not an address"))
    pages = run(imap)
    assert [one.external_id for one in mentions(pages)] == ["1@shop.example", "3@shop.example"]
    assert rejected(pages) == []
    assert [one for one in imap.commands if "BODY.PEEK[]" in one] == [f"UID FETCH {n} (UID BODY.PEEK[])" for n in (1, 3)]


def test_a_sender_may_be_named_by_its_whole_address(imap):
    imap.put(mail(1))
    imap.put(mail(2, "other@shop.example"))
    assert [one.external_id[0] for one in mentions(run(imap, senders=("News@Shop.example",)))] == ["1"]
    assert len(mentions(run(imap, senders=(), any_sender=True))) == 2


def test_the_mailbox_is_never_changed(imap):
    imap.put(mail())
    run(imap)
    verbs = {one.split(" ")[1] if one.startswith("UID") else one.split(" ")[0] for one in imap.commands}
    assert verbs == {"CAPABILITY", "AUTHENTICATE", "EXAMINE", "SEARCH", "FETCH", "LOGOUT"}
    assert not [one for one in imap.commands if "BODY[" in one]


# ------------------------------------------------------------------------------------------------ the cursor


def test_the_next_run_brings_only_what_came_meanwhile(imap):
    imap.put(mail(1))
    first = run(imap)
    second = run(imap, later(first))
    assert [page.unchanged for page in second] == [True]
    assert second[-1].cursor == first[-1].cursor
    imap.put(mail(2))
    assert [one.external_id for one in mentions(run(imap, later(second)))] == ["2@shop.example"]


def test_an_empty_folder_and_one_of_old_mails_begin_with_what_comes(imap):
    first = run(imap)
    assert [page.unchanged for page in first] == [True]
    imap.put(mail(1), arrived=NOW - timedelta(days=300))
    second = run(imap)
    assert mentions(second) == []
    imap.put(mail(2))
    assert [one.external_id for one in mentions(run(imap, later(second)))] == ["2@shop.example"]


def test_a_folder_that_was_numbered_anew_is_read_from_the_last_day_on(imap):
    imap.put(mail(1), arrived=NOW - timedelta(days=5))
    first = run(imap)
    imap.validity, imap.mails = 78, {}
    imap.put(mail(1), arrived=NOW - timedelta(days=5))
    imap.put(mail(2), arrived=NOW)
    second = run(imap, later(first))
    assert [one.external_id for one in mentions(second)] == ["2@shop.example"]
    assert later(second)["validity"] == 78
    assert "UID SEARCH SINCE 31-Jan-2026" in imap.commands


def test_a_run_reads_so_many_mails_the_oldest_first_and_the_next_goes_on(imap):
    for number in range(1, 131):
        imap.put(mail(number), arrived=NOW - timedelta(days=2) + timedelta(minutes=number))
    first = run(imap, max_mails=120)
    assert [len(page.mentions) for page in first] == [50, 50, 20]
    assert [page.cursor["uid"] for page in first] == [50, 100, 120]
    assert first[-1].heard_until == NOW - timedelta(days=2) + timedelta(minutes=120)
    assert "next run" in first[-1].notice
    assert not first[-1].unchanged
    second = run(imap, later(first), max_mails=120)
    assert len(mentions(second)) == 10
    assert second[-1].heard_until is None


def test_a_preview_takes_so_many_and_leaves_the_cursor(imap):
    imap.put(ALERT)
    imap.put(mail())
    pages = run(imap, limit=1)
    assert len(mentions(pages)) == 1
    assert pages[-1].cursor == {}


# ------------------------------------------------------------------------------------------------ hostile mails

PARTS = "Content-Type: multipart/mixed; boundary=q\n"
NESTED = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60))
COSTLY = {
    "nested": "From: a@shop.example\n" + NESTED + "\nx",
    "mails in mails": "From: a@shop.example\n" + "Content-Type: message/rfc822\n\n" * 60 + "x",
    "folded": "From: a@shop.example\n" + "Content-Type:\n multipart/mixed; boundary=q\n\n" * 60 + "x",
    "long header": "From: a@shop.example\nContent-Type: text/plain; " + "a*0*=x; " * 20_000 + "\n\nx",
    "after a bare CR": "From: a@shop.example\nX: y\rContent-Type: text/plain;" + "a*0*=x;" * 20_000 + "\n\nx",
    "many long headers": mail(more=PARTS) + ("--q\nContent-Type: text/plain; " + "a*0*=x;" * 500 + "\n\nz\n") * 20,
    "lines": mail(text="\n" * 250_000),
    "nothing": "From: a@shop.example\n\n",
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_mail_that_would_cost_too_much_costs_itself_only(imap, name):
    imap.put(COSTLY[name])
    imap.put(mail(2))
    pages = run(imap)
    assert [item for item, _ in rejected(pages)] == ["mail 1"]
    assert "shop.example" not in rejected(pages)[0][1]
    assert [one.external_id for one in mentions(pages)] == ["2@shop.example"]
    assert later(pages)["uid"] == 2


def test_a_mail_of_ten_thousand_parts_is_read(imap):
    imap.put(mail(more=PARTS, text="--q\nContent-Type: image/x\n\nz\n" * 10_000 + "--q--"))
    assert [one.title for one in mentions(run(imap))] == ["Mail 1"]


def test_a_mail_that_is_too_large_is_left_on_the_server(imap):
    imap.put(mail(1), size=50_000_000)
    imap.put(mail(2, text="x" * 20_000), size=10)
    imap.put(mail(3))
    pages = run(imap, max_size=10_000)
    assert [item for item, _ in rejected(pages)] == ["mail 1", "mail 2"]
    assert {reason for _, reason in rejected(pages)} == {"it is larger than max_size (10000 bytes)"}
    assert "UID FETCH 1 (UID BODY.PEEK[])" not in imap.commands
    assert [one.external_id for one in mentions(pages)] == ["3@shop.example"]


def test_attachments_are_not_read_as_the_mails_text(imap):
    attached = EmailMessage()
    attached["From"], attached["Subject"] = "a@shop.example", "With a file"
    attached.add_attachment("secret minutes", filename="minutes.txt")
    attached.add_attachment("<p>The words</p>", subtype="html", disposition="inline")
    imap.put(attached.as_bytes())
    (one,) = mentions(run(imap))
    assert (one.text.strip(), one.markup) == ("<p>The words</p>", Markup.HTML)


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        ("text/plain; charset=iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain; charset=utf-8", "Grüße".encode("latin-1"), "Gr"),
        ("text/plain; charset=no-such", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=idna", b"xn--a", "xn--a"),
        ("text/plain; charset=unicode_escape", b"a\\x41", "a\\x41"),
        ("text/plain", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=zlib", b"plain", "plain"),
        ("text/plain; charset=utf-8", b"a\x00b\x1bc", "abc"),
    ],
)
def test_character_sets_that_are_wrong_or_odd_still_give_text(head, body, text):
    found = read_mail(b"From: a@b.example\nContent-Type: " + head.encode() + b"\n\n" + body, NOW)
    assert found.text.startswith(text)


def test_headers_are_decoded_and_what_cannot_be_stays_as_it_is():
    found = read_mail("From: Jörg <J@B.example>\nSubject: Grüße\n\nx".encode(), NOW)
    assert (found.sender, found.sender_name, found.subject) == ("j@b.example", "Jörg", "Grüße")
    assert read_mail(b"From: a@b.example\nSubject: =?utf-8?b?a?=\n\nx", NOW).subject == "=?utf-8?b?a?="
    assert read_mail(b"From: a@b.example\nSubject: =?x-none?q?Hi_there?=\n\nx", NOW).subject == "Hi there"


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 99:99:99 +9999", "Fri, 30 Jan 2099 09:00:00 +0000"])
def test_a_date_that_means_nothing_gives_way_to_the_day_of_arrival(imap, date):
    imap.put(f"From: a@shop.example\nSubject: x\nDate: {date}\n\nx", arrived=NOW - timedelta(hours=3))
    assert mentions(run(imap))[0].published_at == NOW - timedelta(hours=3)


def test_a_mail_without_an_id_gets_one_of_its_content():
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\nwords"
    first = read_mail(raw, NOW).message_id
    assert first.startswith("content:")
    assert read_mail(raw.replace(b"\r\n", b"\n"), NOW).message_id == first
    assert read_mail(raw + b"!", NOW).message_id != first
    assert len(read_mail(b"Message-ID: <" + b"x" * 900 + b">\n" + raw, NOW).message_id) < 60


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"From: ", b"Content-Type: ", b"Subject: =?utf-8?b?", b"Date: "]))
def test_whatever_bytes_come_a_mail_is_read_or_refused(data, begin):
    try:
        found = read_mail(begin + data, NOW)
    except Unreadable:
        return
    assert "\x00" not in found.text + found.subject
    read_head(begin + data)


# ------------------------------------------------------------------------------------------------ alerts


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://www.google.com/url?rct=j&url=https://a.example/x%3Fy%3D1&ct=ga", "https://a.example/x?y=1"),
        ("https://www.google.co.uk/url?q=http://a.example/", "http://a.example/"),
        ("https://a.example/x?utm_medium=mail&id=1", "https://a.example/x?id=1"),
        ("https://www.google.com/alerts?s=x", None),
        ("https://www.google.com/url?url=javascript:alert(1)", None),
        ("https://www.google.com/url", None),
        (
            "https://google.com.evil.example/url?url=https://a.example",
            "https://google.com.evil.example/url?url=https%3A%2F%2Fa.example",
        ),
        ("https://a.example/" + "x" * 5000, None),
        ("mailto:a@b.example", None),
        ("", None),
    ],
)
def test_a_redirect_of_google_is_unwrapped_and_its_own_pages_are_none(link, target):
    assert unwrapped(link) == target


def test_an_alert_is_read_from_its_plain_text_where_the_html_says_nothing():
    found = read_mail(ALERT, NOW)
    marked, plain = results_of(found.text, found.html), results_of(found.text, "<html>changed</html>")
    assert [(one.link, one.title, one.outlet) for one in plain] == [(one.link, one.title, one.outlet) for one in marked]


@pytest.mark.parametrize(
    "html",
    [
        "<" * 400_000,
        "<!--" * 100_000,
        "<a " * 100_000,
        "<b itemprop=name>" * 20_000,
        "<a href='" + "&amp" * 50_000 + "'>",
        "&#" + "9" * 9_000 + ";",
        '<tr itemtype="http://schema.org/Article">' * 5_000,
    ],
)
def test_html_that_is_built_to_be_slow_is_read_at_once(html):
    row = '<tr itemtype="http://schema.org/Article"><a itemprop="url" href="https://a.example/"><i itemprop="name">A</i></a>'
    assert results_of("", row + html)[0].link == "https://a.example/"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>\"'= \n/&#ahrefitemprop:.", max_size=200))
def test_whatever_an_alert_says_its_links_are_web_addresses(text):
    begin = '<tr itemtype="http://schema.org/Article"><a itemprop="url" href="https://a.example/">'
    for one in (*results_of(text, begin + text), *results_of(f"title\n<https://a.example/{text}>", "")):
        assert one.link.startswith(("http://", "https://"))


# ------------------------------------------------------------------------------------------------ the server


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_connection_is_encrypted_and_the_servers_certificate_checked(tls, ca_file, security):
    imap = Imap(capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN")
    imap.put(mail())
    with imap_server(imap, tls, at_once=security == "tls"):
        assert len(mentions(run(imap, security=security, ca_file=ca_file))) == 1
        with pytest.raises(SourceRejected, match=r"certificate of 127\.0\.0\.1:\d+ is not trusted.*ca_file"):
            run(imap, security=security)
    assert imap.commands.count("AUTHENTICATE") == 1


def test_a_password_is_never_sent_where_encryption_was_wanted_and_not_offered(imap):
    with pytest.raises(SourceRejected, match="does not offer STARTTLS"):
        run(imap, security="starttls")
    with pytest.raises(SourceRejected, match="is security = tls right"):
        run(imap, security="tls")
    assert not {"LOGIN", "AUTHENTICATE"} & set(imap.commands)


def test_a_server_without_authenticate_gets_a_login_and_one_without_both_is_named(imap):
    imap.capabilities = "IMAP4rev1"
    assert run(imap)
    assert "LOGIN" in imap.commands
    imap.capabilities = "IMAP4rev1 LOGINDISABLED"
    with pytest.raises(SourceRejected, match="takes no password on this connection"):
        run(imap)


@pytest.mark.parametrize("capabilities", ["IMAP4rev1", "IMAP4rev1 AUTH=PLAIN"])
def test_a_refused_password_is_for_a_person_to_mend_and_never_shown(imap, capabilities):
    imap.capabilities, imap.password = capabilities, "changed"
    with pytest.raises(SourceRejected, match=r"refuses the user name or password \(AUTHENTICATIONFAILED\)") as caught:
        run(imap)
    shown = f"{caught.value}{caught.value.__cause__}"
    assert SECRET not in shown
    assert "changed" not in shown
    assert SECRET not in repr(options(imap)) + repr(options(imap).mailbox(Path()))


def say(text: str):
    return lambda visit, tag: visit.say(text.replace("TAG", tag))


def hang_up(visit, tag):
    visit.connection.shutdown(2)


def huge(visit, tag):
    visit.say("* 1 FETCH (UID 1 BODY[] {999999999}")


@pytest.mark.parametrize(
    ("command", "fault", "kind"),
    [
        ("GREETING", say("* BYE too many of you"), RetryLater),
        ("GREETING", say("HTTP/1.1 400 Bad Request"), SourceProtocolError),
        ("GREETING", hang_up, RetryLater),
        ("AUTHENTICATE", say("TAG NO [UNAVAILABLE] later"), RetryLater),
        ("AUTHENTICATE", say("TAG NO [INUSE] later"), RetryLater),
        ("AUTHENTICATE", say("TAG NO [CONTACTADMIN] ask"), SourceRejected),
        ("AUTHENTICATE", say("TAG BAD pardon"), SourceRejected),
        ("AUTHENTICATE", hang_up, RetryLater),
        ("EXAMINE", say("TAG NO [NOPERM] not you"), SourceRejected),
        ("EXAMINE", say("TAG OK without a number"), SourceProtocolError),
        ("EXAMINE", say("* BYE going down\r\nTAG OK done"), RetryLater),
        ("UID SEARCH", say("TAG NO [SERVERBUG] sorry"), RetryLater),
        ("UID SEARCH", say("TAG BAD pardon"), SourceProtocolError),
        ("UID SEARCH", say("* SEARCH " + "1 " * 600_000 + "\r\nTAG OK done"), SourceProtocolError),
        ("UID FETCH", say("TAG NO sorry"), SourceProtocolError),
        ("UID FETCH", say("nonsense"), SourceProtocolError),
        ("UID FETCH", huge, SourceProtocolError),
        ("UID FETCH", hang_up, RetryLater),
    ],
)
def test_each_refusal_and_each_odd_answer_says_what_to_do(imap, command, fault, kind):
    imap.put(mail())
    imap.faults[command] = fault
    with pytest.raises(SourceError) as caught:
        run(imap)
    assert type(caught.value) is kind
    assert not {"sorry", "later", "pardon", SECRET, imap.user} & set(str(caught.value).split())


def test_a_folder_that_is_not_there_is_named_as_such(imap):
    with pytest.raises(SourceRejected, match=r"no such folder.*\(NONEXISTENT\)"):
        run(imap, folder="Nowhere")


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("News & more", '"News &- more"'),
        ("Büro", '"B&APw-ro"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("日本", '"&ZeVnLA-"'),
        ("[Gmail]/All Mail", '"[Gmail]/All Mail"'),
    ],
)
def test_folders_may_have_any_name(imap, folder, written):
    imap.folder = written
    assert [page.unchanged for page in run(imap, folder=folder)] == [True]


def test_answers_without_sense_are_skipped(imap):
    imap.put(mail())
    odd = "* SEARCH x 99999999999999 -1 1\r\n* 7 FETCH (FLAGS (\\Seen))\r\nTAG OK done"
    imap.faults["UID SEARCH"] = say(odd)
    assert len(mentions(run(imap))) == 1


def test_a_mail_that_goes_away_meanwhile_is_passed_over(imap):
    imap.put(mail())
    imap.faults["UID FETCH"] = say("TAG OK nothing there")
    pages = run(imap)
    assert mentions(pages) == []
    assert later(pages)["uid"] == 1


def mailbox(imap: Imap, **more) -> Mailbox:
    given = {"seconds": 0.3, "total": 20.0, **more}
    return Mailbox("127.0.0.1", imap.port, Security.NONE, imap.user, SECRET, "INBOX", private=True, largest=10_000, **given)


def test_a_silent_server_is_given_up(imap):
    imap.faults["GREETING"] = lambda visit, tag: None
    with pytest.raises(RetryLater, match=r"did not answer within 0\.3 s"), open_session(mailbox(imap)):
        pass


def test_a_server_that_dribbles_is_cut_off_when_the_visits_time_is_over(imap):
    over = threading.Event()

    def dribble(visit, tag):
        while not over.wait(0.02):
            visit.connection.sendall(b"*")

    imap.faults["EXAMINE"] = dribble
    with pytest.raises(RetryLater, match="closed the connection"), open_session(mailbox(imap, total=0.3)) as session:
        session.open_folder()
    over.set()


def test_nobody_at_home_is_no_reason_to_give_the_source_up(imap):
    with imap_server(Imap()) as gone:
        pass
    with pytest.raises(RetryLater, match="no connection"):
        run(gone)


def test_addresses_that_lead_inside_are_refused(imap):
    with pytest.raises(SourceRejected, match="private = true"):
        run(imap, private=False, security="tls")
    with pytest.raises(SourceRejected, match=r"169\.254\.169\.254 is not allowed"):
        list(SPEC.build(options(imap).model_copy(update={"host": "169.254.169.254"}), ConnectorContext(None, NOW)).pages({}))
    assert imap.visitors == 0


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_file_that_cannot_be_used_is_named(imap, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(SourceRejected, match=r"ca_file .*ca\.pem"):
        run(imap, security="tls", ca_file=path)


@pytest.mark.skipif(not real_server_is_installed(), reason="needs pymap")
def test_a_real_server_is_read_and_left_as_it_was():
    with real_imap_server("jo", SECRET) as port:
        imap = Imap(port)
        client = imaplib.IMAP4("127.0.0.1", port, timeout=5)
        client.login("jo", SECRET)
        for number in range(1, 4):
            client.append("INBOX", None, None, mail(number).replace("\n", "\r\n").encode())
        client.append("INBOX", None, None, ALERT.replace(b"\n", b"\r\n"))
        now = datetime.now(UTC)
        first = run(imap, now=now)
        assert [one.external_id for one in mentions(first)][:3] == ["1@shop.example", "2@shop.example", "3@shop.example"]
        assert len(mentions(first)) == 5
        assert [page.unchanged for page in run(imap, later(first), now=now)] == [True]
        client.append("INBOX", None, None, mail(9).replace("\n", "\r\n").encode())
        assert [one.external_id for one in mentions(run(imap, later(first), now=now))] == ["9@shop.example"]
        client.select("INBOX", readonly=True)
        _, flags = client.fetch("1:*", "(FLAGS)")
        assert not any(b"Seen" in one for one in flags)
        client.logout()
        with pytest.raises(SourceRejected, match="NONEXISTENT"):
            run(imap, folder="Nowhere")


# ------------------------------------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"senders": ()}, "any_sender"),
        ({"senders": ("shop",)}, "addresses"),
        ({"senders": ("a@b@shop.example",)}, "addresses"),
        ({"private": False}, "security = none"),
        ({"folder": "a\r\nb"}, "control characters"),
        ({"user": "a\nb"}, "control characters"),
        ({"password": SecretStr("a\r\nLOGOUT")}, "without line breaks"),
        ({"port": 70_000}, "65535"),
    ],
)
def test_options_that_could_not_work_or_would_do_harm_are_refused(wrong, words):
    given = {"host": "mail.example", "user": "jo", "security": "none", "private": True, "senders": ("shop.example",), **wrong}
    with pytest.raises(ValidationError, match=words):
        Options(**given)


def test_without_a_password_the_source_is_missing_it():
    without = Options(host="mail.example", user="jo", any_sender=True)
    assert "LISTENER_SOURCES__<NAME>__PASSWORD" in SPEC.missing(without)
    assert SPEC.missing(without.model_copy(update={"password": SecretStr("x")})) is None
    assert (without.mailbox(Path()).port, without.mailbox(Path()).security) == (993, Security.TLS)
    assert SPEC.policy.evidence == frozenset()
