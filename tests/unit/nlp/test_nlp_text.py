"""HTML to text, and the author's own words: tables of cases, and properties that hold for any input."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.mention import Markup
from nlp.text import MAX_TEXT, is_repost, own_words, to_text
from tests.support.spending import within

HTML = [
    ("<p>One</p><p>Two &amp; three&nbsp;four</p>", "One\n\nTwo & three four"),
    ("plain, no tags", "plain, no tags"),
    ("a<br>b<br/>c", "a\nb\nc"),
    ("<ul><li>first</li><li>second</li></ul>after", "first\nsecond\n\nafter"),
    ("<div>a</div><div>b</div>", "a\nb"),
    ("in <b>one</b> <i>line</i>, not<b>hing</b> lost", "in one line, nothing lost"),
    ("<script>alert('x')</script><style>p{}</style>kept<noscript>no</noscript><template>t</template>", "kept"),
    ("<p>before</p><blockquote><p>Quillon is bad</p><p>really</p></blockquote><p>I disagree</p>",
     "before\n\n> Quillon is bad\n\n> really\n\nI disagree"),
    ("<blockquote>a<blockquote>b</blockquote>c</blockquote>d", "> a\n\n> b\n\n> c\n\nd"),
    ("<pre>a\n  b</pre>c", "a\nb\n\nc"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ("<p hidden>no</p><p style='display: none'>no</p><p>yes</p>", "yes"),
    ("love it <img class='emoji' alt='😍' src='x'> <img alt='a chart of sales' src='y'>", "love it 😍"),
    ("<p>unclosed <b>tags <p>go on", "unclosed tags\n\ngo on"),
    ("<!-- a comment --><![CDATA[x]]>text", "text"),
    ("&#x1F600; &lt;b&gt; &#128; &zzz;", "😀 <b> € &zzz;"),
    ("<textarea>draft</textarea><button>Buy</button><select><option>1</select>kept", "kept"),
    ("", ""),
    ("<p></p>", ""),
    ("<html><head><title>T</title></head><body>B</body></html>", "B"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "expected"), HTML)
def test_html_becomes_text(markup: str, expected: str) -> None:
    assert to_text(markup, Markup.HTML) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc\x0bd\u2028e", "a\nb\nc\nd\ne"),
        ("Qu\u200billon\u00ad and Qu\u200dillon", "Quillon and Quillon"),
        ("\u202egnorts\u202c abc\u2066x\u2069", "gnorts abcx"),
        ("nul\x00 bell\x07 esc\x1b[31m", "nul bell esc[31m"),
        ("family 👨\u200d👩\u200d👧 stays", "family 👨\u200d👩\u200d👧 stays"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("cafe\u0301", "café"),
        ("  a \t b  \n\n\n\n c ", "a b\n\nc"),
        ("half \ud83d pair", "half pair"),
        ("<b>stays</b> &amp;", "<b>stays</b> &amp;"),
        ("secret\U000e0041\U000e0042 tags", "secret tags"),
    ],
)
def test_plain_text_is_only_tidied(raw: str, expected: str) -> None:
    assert to_text(raw, Markup.PLAIN) == expected


HOSTILE = {
    "nested blocks": "<div>" * 100_000 + "kept",
    "nested quotes": "<blockquote>" * 100_000 + "kept",
    "nested inline": "<span>" * 100_000 + "</zzz>" * 100_000 + "kept",
    "nested lists": "<ul><li>" * 50_000 + "kept",
    "unclosed formatting": "<p><b>" * 100_000 + "kept",
    "nested tables": "<table><td>" * 60_000 + "kept",
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">kept",
    "angle brackets": "<" * 100_000 + " kept",
    "entities": "&amp;" * 10_000 + "kept",
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mark_up_costs_no_stack_and_little_time(markup: str) -> None:
    assert within(3, lambda: to_text(markup, Markup.HTML)).endswith("kept")


def test_large_ordinary_pages_keep_their_structure() -> None:
    page = "<div class='a'><p>one <b>two</b></p><blockquote><p>three</p></blockquote></div>" * 1_000
    assert to_text(page, Markup.HTML) == "\n\n".join(["one two", "> three"] * 1_000)


def test_size_is_capped() -> None:
    assert len(to_text("word " * 500_000, Markup.PLAIN)) <= MAX_TEXT
    assert len(to_text("<p>word</p>" * 500_000, Markup.HTML)) <= MAX_TEXT


SCRAPS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b",
        ">",
        "<blockquote>",
        "</blockquote>",
        "&amp;",
        "<!--",
        "-->",
        "<script>",
        "x",
        " ",
        "\n",
        "<br>",
        "\ud800",
    ]
)


@given(st.text(max_size=400) | st.lists(SCRAPS, max_size=60).map("".join), st.sampled_from(Markup))
def test_any_input_gives_clean_text(raw: str, markup: Markup) -> None:
    text = to_text(raw, markup)
    text.encode("utf-8")
    assert text == text.strip()
    assert not set(text) & {"\x00", "\r", "\t", "\u200b", "\u202e", "\ufeff", "\xa0"}
    assert to_text(text, Markup.PLAIN) == text


OWN = [
    ("> Quillon is great\nNo it is not", "No it is not"),
    (">no space either\nmine", "mine"),
    (">> deeper\n> quoted\nmine", "mine"),
    ("mine >:( and\n>:( angry\n>_< hm", "mine >:( and\n>:( angry\n>_< hm"),
    ("Thanks!\n\nOn Mon, 3 Mar 2025 at 10:12, A. Person wrote:\n> I love Quillon", "Thanks!"),
    ("Thanks!\n\nOn Mon, 3 Mar 2025 at 10:12, A. Person <\na@mail.example> wrote:\n\nI love Quillon", "Thanks!"),
    ("On Monday I wrote: nothing works", "On Monday I wrote: nothing works"),
    ("Danke\nAm 3. März schrieb A. Person:\n> Quillon", "Danke"),
    ("On Mon, 3 Mar, A wrote:\n> one\nmine\n> two\nmine too", "mine\n\nmine too"),
    ("See below\n---------- Forwarded message ---------\nFrom: a\nI love Quillon", "See below"),
    ("Yes\n-----Original Message-----\nQuillon is bad", "Yes"),
    ("Yes\nFrom: a@mail.example\nSent: Monday\nTo: b\nSubject: Quillon\n\nI hate it", "Yes"),
    ("From: my desk, with love", "From: my desk, with love"),
    ("RT @someone: Quillon is great", ""),
    ("So true! RT @someone: Quillon is great", "So true!"),
    ("START @someone is no repost", "START @someone is no repost"),
    ("“@someone: Quillon is great” no way", "no way"),
    ("[quote=a]Quillon is bad [quote]x[/quote][/quote]I like it", "I like it"),
    ("[quote]never closed, I like it", "[quote]never closed, I like it"),
    ("Quillon is fine.\nRead more", "Quillon is fine."),
    ("Quillon is fine… Read more »", "Quillon is fine"),
    ("Quillon is fine. […]", "Quillon is fine."),
    ("Quillon is fine.\n\nThe post Quillon reviewed appeared first on Some Blog.", "Quillon is fine."),
    ("Quillon is fine. The post Quillon reviewed appeared first on Some Blog.", "Quillon is fine."),
    ("The post room loves Quillon. We print. The post Quillon! appeared first on B.", "The post room loves Quillon. We print."),
    ("In the post room Quillon is fine. The post Mail appeared first on B.", "In the post room Quillon is fine."),
    ("Quillon is fine.\nShare this:\nTweet\nLike this: Loading...\nRelated", "Quillon is fine."),
    ("Quillon is fine.\n-- \nA. Person\nSales, Company", "Quillon is fine."),
    ("Quillon is fine.\nSent from my phone", "Quillon is fine."),
    ("Quillon is fine.\nYou are receiving this because you signed up. Unsubscribe here.", "Quillon is fine."),
    ("You can read more on their site, I love it", "You can read more on their site, I love it"),
    ("I like this tool.\nComments", "I like this tool."),
    ("Related to that, Quillon is good", "Related to that, Quillon is good"),
    ("Like Quillon, a lot", "Like Quillon, a lot"),
    ("Like this app a lot", None),
    ("Save on costs with Quillon", None),
    ("Share this with whoever runs Quillon", None),
    ("I cannot unsubscribe from the Quillon newsletter", None),
    ("Part one\n--------------------------\nPart two", None),
    ("Fine.\n________________________________\nFrom: a", "Fine."),
    ("Fine.\nShare on Facebook\nTweet this\nPrint", "Fine."),
    ("Sent from my heart because Quillon is great and it has been for years, dear people of the internet", None),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), OWN)
def test_own_words(text: str, expected: str | None) -> None:
    assert own_words(text) == (text if expected is None else expected)


PIECES = st.sampled_from(
    ["> q", ">", "On Mon, A wrote:", "RT @a: x", "[quote]", "[/quote]", "-- ", "Read more", "mine", " ", "\n", "\n\n", "…",
     "From: a", "To: b", "Subject: c", "“@a: b”", "unsubscribe", "The post a appeared first on b."]
)  # fmt: skip


@given(st.text(max_size=300) | st.lists(PIECES, max_size=30).map("".join) | st.lists(PIECES, max_size=30).map("\n".join))
def test_own_words_only_remove(raw: str) -> None:
    text = to_text(raw, Markup.PLAIN)
    own = own_words(text)
    assert all(line in text for line in own.split("\n"))
    assert len(own) <= len(text) + own.count("\n\n") * 2
    assert is_repost(text) in {True, False}


@pytest.mark.parametrize(
    "piece",
    [
        "> ",
        "[quote]",
        "[/quote]",
        "On a wrote ",
        "the post ",
        "RT @",
        "“@a:",
        "unsubscribe ",
        ">",
        "... ",
        "-",
        "aa ",
        "from: a\n",
    ],
)
def test_own_words_of_200_kb_takes_no_time(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    within(2, lambda: (own_words(text), is_repost(text)))
    within(2, lambda: own_words(text.replace(" ", "\n")))


def test_reposts_are_told_from_comments_on_them() -> None:
    assert is_repost("RT @someone: Quillon is great")
    assert is_repost(' "RT @someone Quillon')
    assert not is_repost("So true RT @someone: Quillon")
    assert not is_repost("Quillon is great")


_JOINERS_AS_WRITTEN_DOWN = re.compile("(?<![\u0080-\U0010ffff])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0080-\U0010ffff])")


@given(st.text(alphabet="aé \u200c\u200d"))
def test_a_run_of_joiners_is_judged_by_what_stands_around_it(text: str) -> None:
    expected = " ".join(_JOINERS_AS_WRITTEN_DOWN.sub("", text).split())
    assert to_text(text, Markup.PLAIN) == expected


def test_a_long_run_of_joiners_is_looked_at_once() -> None:
    text = "é" + "\u200d" * 190_000 + "é"
    assert within(1, lambda: to_text(text, Markup.PLAIN)) == text
