"""What invented people and accounts say of themselves, in many phrasings and languages. Tables, no rules.

``{c}`` is the company as people call it, ``{n}`` its full name, ``{h}`` its handle, ``{d}`` its domain, ``{t}`` a title, ``{o}``
another company, ``{p}`` a place, ``{w}`` a person's name.
"""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


EMPLOYED = {
    "en": _lines(
        """
        {t} at {c}
        {t} @{h}
        I look after things as {t} for {c}. Opinions mine.
        {c} · {t}
        Working for {n} since forever
        Proud part of the {c} crew
        Day job: {c}. Night job: sleep
        {t}, {c}, {p}
        Employee of {n}. RTs are not endorsements
        Currently {t} with {c}
        on the payroll of {c} | {p}
        they pay me at {d}
        #{h} employee, coffee person
        {t} [{c}]
        Doing {t} stuff over at {c}
        My employer is {c}; my thoughts are not theirs
        """
    ),
    "de": _lines(
        """
        {t} bei {c}
        Arbeite für {n}, hier privat
        Bei {c} in {p} angestellt
        {t} in Diensten von {c}
        Tagsüber {c}, abends Garten
        """
    ),
    "fr": _lines(
        """
        {t} chez {c}
        Je travaille pour {c}, propos personnels
        Salarié de {n}
        Dans l'équipe {c} à {p}
        """
    ),
    "es": _lines(
        """
        {t} en {c}
        Trabajo para {c}. Opiniones propias
        Parte del equipo de {n}
        Empleo: {c} ({p})
        """
    ),
    "pt": _lines(
        """
        {t} na {c}
        Trabalho para a {c}, opiniões minhas
        Colaboradora da {n}
        Equipa {c}, {p}
        """
    ),
    "it": _lines(
        """
        {t} presso {c}
        Lavoro per {c}, pensieri miei
        Nel team di {n}
        """
    ),
    "nl": _lines(
        """
        {t} bij {c}
        Werkzaam bij {n}, tweets op persoonlijke titel
        In dienst van {c}
        """
    ),
    "pl": _lines(
        """
        {t} w {c}
        Pracuję dla {c}, opinie własne
        Zespół {n}, {p}
        """
    ),
    "cz": _lines(
        """
        {t} ve firmě {c}
        Pracuji pro {c}
        """
    ),
    "hu": _lines(
        """
        {t}, {c}
        A {n} munkatársa
        Itt dolgozom: {c}
        """
    ),
    "tr": _lines(
        """
        {c} bünyesinde {t}
        {n} çalışanı, görüşler bana ait
        {t} @ {c}
        """
    ),
    "sv": _lines(
        """
        {t} på {c}
        Jobbar för {n}, åsikter mina egna
        Anställd hos {c}
        """
    ),
    "ja": _lines(
        """
        {c}で働いています
        {c} / {t} / 発言は個人の見解です
        """
    ),
    "zh": _lines(
        """
        就职于{c}
        {c} {t}，个人观点
        """
    ),
    "ko": _lines(
        """
        {c}에서 일합니다
        {t} @{c}, 개인 의견입니다
        """
    ),
    "vi": _lines(
        """
        {t} tại {c}
        Làm việc cho {n}
        """
    ),
    "id": _lines(
        """
        {t} di {c}
        Bekerja untuk {n}
        """
    ),
    "ru": _lines(
        """
        {t} в {c}
        Работаю в компании {c}, мнение личное
        """
    ),
    "ua": _lines(
        """
        {t} у {c}
        Працюю в компанії {c}
        """
    ),
    "gr": _lines(
        """
        {t} στην {c}
        Εργάζομαι στην {n}
        """
    ),
    "is": _lines(
        """
        {t} hjá {c}
        Vinn fyrir {n}
        """
    ),
}
LEFT = _lines(
    """
    ex-{c}, now gardening
    Formerly {t} at {c}
    I used to work for {n}; not any more
    {c} alum
    Left {c} in spring. Next: sabbatical
    Früher bei {c}, heute Rentner
    Ancien de {c}, en reconversion
    Antes en {c}, ahora libre
    previously @{h}
    former {c} employee, opinions from outside
    Ex dipendente {c}
    """
)
MOVED = _lines(
    """
    {t} at {o}. Before that {c}
    Joined {o} last month after years at {c}
    {o}, previously {c}
    New desk at {o}; ex-{c}
    {t} @ {o} // formerly {n}
    Jetzt {o}, vorher {c}
    Maintenant chez {o}, avant {c}
    Ahora en {o}, antes en {c}
    Used to be at {c}, these days {o}
    {o} (past: {c})
    """
)
PRIVATE = _lines(
    """
    Sourdough, bikes and bad puns
    Mother of three. Football on Sundays
    Retired teacher. Choir, cats, crosswords
    Runner | reader | reluctant gardener

    Photographs of fog
    Dad jokes and mechanical keyboards
    Student. Anime and rainy days
    Amateur astronomer
    Meine Meinung, mein Kaffee
    Aquí se habla de cine
    Randonnées et fromages
    Gatti, libri, mare
    ruido y café
    Plays the oboe, badly
    """
)
PARODY = _lines(
    """
    Parody. Not affiliated with anybody
    This is satire, people
    Not the real {w}. Obviously
    Fake account, real jokes
    Parodie-Konto, nicht ernst gemeint
    Compte parodique
    Cuenta parodia de {c}
    Profilo satirico
    Unofficial. Making fun of {c} since Tuesday
    Satirekonto über {c}
    The {w} you deserve (parody)
    """
)
SCAM = _lines(
    """
    {t} at {c}. This is my backup account, the main one got locked
    Second account of {w} ({c}). DM for the bonus programme
    {c}. Investment tips in my DM, guaranteed returns
    {t} @{h}. Giveaway for followers: message me on WhatsApp
    New profile because I lost access to the old one. {c}
    Official private account of {w}. Write me on Telegram
    {c} refunds desk: send your wallet address
    """
)
BOT = _lines(
    """
    I post the news of {c} automatically
    Automated feed, nobody reads replies
    Bot. Source on request
    RSS to timeline, every 15 minutes
    I am a robot that counts mentions of {c}
    Bot automático de noticias
    Automatischer Feed, kein Mensch hier
    Posts by script. beep
    Unofficial mirror of the {c} status page (bot)
    """
)
BRAND = _lines(
    """
    Official account of {n}
    {c}: news, jobs and service
    Help from {c}, Mon-Fri
    We make things that last. {d}
    Offizieller Kanal von {n}
    Le compte de {n}
    Canal oficial de {c}
    {n}, {p}
    Il profilo ufficiale di {c}
    Careers at {c}
    """
)
AGENCY = _lines(
    """
    We tell stories for brands like {c} and {o}
    Agency of record for {c}
    Marketing studio. Clients: {c}, {o}
    PR for {c}. Pitches welcome
    Consultancy; trusted by {c}
    Wir machen Werbung für {c} und {o}
    Agence de communication ({c}, {o})
    Partner agency of {n}
    """
)
AGENT = _lines(
    """
    Freelance copywriter, clients include {c}
    I do PR for {c} and others
    Consultant to {c} and {o}
    Account manager at an agency; my clients: {c}
    Freie Texterin, u. a. für {c}
    Illustrator. Worked with {c}, {o}
    """
)
KIN = _lines(
    """
    {t} at {c}
    Works at {c} like the whole family
    {c}, second generation
    at {c} with my better half
    """
)
"""Of relatives and colleagues with the same family name."""
PRONOUNS = ("(she/her)", "(he/him)", "they/them", "(él)", "(elle)", "sie/ihr")
EMOJI = ("🌻", "🚲", "🇺🇦", "☕️", "🐈‍⬛", "✨", "🏳️‍🌈", "⚽", "🎧")
HONORIFICS = ("Dr.", "Prof.", "Dipl.-Ing.", "Ing.", "Mgr.", "Mag.")
TAILS = ("PhD", "MBA", "CPA", "M.Sc.", "PMP", "Jr.")
