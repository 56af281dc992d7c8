"""One file and the environment become settings; every problem is reported, each with its place, and no secret is shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from config.loader import load
from config.settings import Settings
from listener.core.brand import OPEN_WEB, Evidence, TargetKind
from listener.core.errors import ConfigError
from listener.core.policy import JudgingPolicy
from listener.net.settings import DoorSettings

BRAND = '[[brands]]\nname = "Quillon"\n'
SECRET = "hunter2-topsecret"


class FeedOptions(BaseModel):
    """A connector's options, as a connector defines them."""

    model_config = ConfigDict(extra="forbid")

    url: str
    token: SecretStr | None = None


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "listener.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(path: Path, env: dict[str, str] | None = None, **known: object) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(path, env or {}, **known)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return {problem.path: f"{problem.got}; {problem.allowed}" for problem in caught.value.problems}


def test_the_smallest_file_gives_the_documented_defaults(write) -> None:
    settings = load(write(BRAND), {})

    assert [brand.key for brand in settings.brands()] == ["quillon"]
    assert settings.judging() == JudgingPolicy()
    assert settings.door() == DoorSettings()
    assert settings.database_url() == f"sqlite:///{settings.folder / 'listener.db'}"
    assert settings.pepper() is None
    assert settings.zone().key == "UTC"
    assert settings.sources == ()
    assert settings.resolve(settings.digest.out) == settings.folder / "digests"


def test_a_brand_becomes_targets_with_unique_keys(write) -> None:
    brand = load(
        write(
            """
            [[brands]]
            name = "Quillon GmbH"
            key = "Quillon"
            aliases = ["Quilon"]
            handles = { x = ["@Quillon", "quillon_help"] }
            domains = ["WWW.Quillon.example"]
            exclusions = ["quillon street"]
            ambiguous = true
            context = ["app"]
            [[brands.products]]
            name = "Flow"
            ambiguous = true
            context = ["quillon"]
            [[brands.competitors]]
            name = "Flow"
            domains = ["flow.example"]
            handles = { x = ["@flow"] }
            """
        ),
        {},
    ).brands()[0]

    assert (brand.key, brand.name, brand.domains) == ("quillon", "Quillon GmbH", ("quillon.example",))
    assert brand.handles == {"x": ("quillon", "quillon_help")}
    assert brand.rule.exclusions == ("quillon street",)
    assert [(target.key, target.kind, target.brand) for target in brand.rule.targets] == [
        ("quillon", TargetKind.BRAND, "quillon"),
        ("quillon/flow", TargetKind.PRODUCT, "quillon"),
        ("quillon/vs/flow", TargetKind.COMPETITOR, "quillon"),
    ]
    own, product, rival = brand.rule.targets
    assert (own.handles, own.ambiguous, own.context) == (("@quillon", "@quillon_help"), True, ("app",))
    assert (product.ambiguous, product.handles) == (True, ())
    assert (rival.domains, rival.handles) == (("flow.example",), ("@flow",))


def test_a_name_in_any_script_gets_a_key(write) -> None:
    assert load(write('[[brands]]\nname = "Ёлка & Søn"\n'), {}).brands()[0].key == "ёлка-søn"


def test_the_own_side_takes_each_form_and_the_brands_own_accounts(write) -> None:
    own = load(
        write(
            BRAND + 'handles = { x = ["@quillon"] }\ndomains = ["quillon.example"]\n'
            "[own_side]\n"
            'employees = ["Ada@Quillon.example", "Mastodon:@ada@social.example", "Ada  Example"]\n'
            'partners = ["www.partner.example"]\nagencies = ["bob@agency.example"]\n'
            'accounts = ["x:@quillon_help"]\ndomains = ["events.example"]\n'
        ),
        {},
    ).own_side()

    assert own.emails == {"ada@quillon.example", "bob@agency.example"}
    assert own.accounts == {("x", "quillon"), ("x", "quillon_help"), ("mastodon", "ada@social.example")}
    assert own.domains == {"quillon.example", "events.example", "partner.example"}
    assert own.names == {"ada example"}


def test_sources_keep_their_own_keys_and_show_none_of_their_values(write) -> None:
    source = load(write(BRAND + f'[[sources]]\nname = "news"\nkind = "rss"\nlookback = "36h"\ntoken = "{SECRET}"\n'), {}).sources[
        0
    ]

    assert source.options == {"token": SECRET}
    assert source.lookback == timedelta(hours=36)
    assert SECRET not in repr(source)
    assert "token" in repr(source)


@pytest.mark.parametrize(
    ("text", "expected"), [("30m", timedelta(minutes=30)), ("7 d", timedelta(days=7)), ("2W", timedelta(weeks=2))]
)
def test_durations(write, text: str, expected: timedelta) -> None:
    assert (
        load(write(BRAND + f'[[sources]]\nname = "a"\nkind = "rss"\nlookback = "{text}"\n'), {}).sources[0].lookback == expected
    )


def test_a_sources_terms_can_be_changed_and_then_have_a_name_of_their_own(write) -> None:
    settings = load(
        write(
            BRAND + '[[sources]]\nname = "news"\nkind = "rss"\n[sources.policy]\nevidence = ["email"]\nkeep_days = 30\n'
            '[[sources]]\nname = "plain"\nkind = "rss"\n'
        ),
        {},
    )

    changed = settings.policy_for(settings.sources[0], OPEN_WEB)
    assert (changed.evidence, changed.keep_days, changed.may_quote) == ({Evidence.EMAIL}, 30, True)
    assert changed.name == "open-web, changed for news"
    assert settings.policy_for(settings.sources[1], OPEN_WEB) is OPEN_WEB


def test_the_network_settings_reach_the_door(write) -> None:
    settings = load(
        write(
            BRAND
            + '[net]\nproxy = "http://u:pw@proxy.example:3128"\nca_file = "ca.pem"\nuser_agent = "us"\nconnect_timeout = 1\n'
            "read_timeout = 2\ntotal_timeout = 3\nper_host_interval = 4\n"
        ),
        {"LISTENER_NET__NO_PROXY": "*.Inside.example, 10.1.0.0/8"},
    )

    assert settings.door() == DoorSettings(
        user_agent="us",
        proxy="http://u:pw@proxy.example:3128",
        no_proxy=("inside.example", "10.0.0.0/8"),
        ca_file=settings.folder / "ca.pem",
        connect_timeout=1,
        read_timeout=2,
        total_timeout=3,
        per_host_interval=4,
    )


def test_what_goes_past_the_proxy_is_hosts(write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(BRAND + '[net]\nno_proxy = ["inside.example", "http://inside.example"]\n'), {})
    [problem] = caught.value.problems
    assert problem.path.startswith("net.no_proxy[1]")
    assert "10.0.0.0/8" in problem.allowed


def test_relative_and_home_paths(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    settings = load(write(BRAND), {"LISTENER_STORAGE__URL": "sqlite:///~/data.db"})

    assert settings.database_url() == "sqlite:////home/someone/data.db"
    assert settings.resolve(Path("/abs")) == Path("/abs")
    assert load(write(BRAND), {"LISTENER_STORAGE__URL": "sqlite:////var/l.db"}).database_url() == "sqlite:////var/l.db"
    for url in ("postgresql://u:p@h/d", "postgres://u@h/d"):
        assert load(write(BRAND), {"LISTENER_STORAGE__URL": f"{url}\n"}).database_url() == url


# ------------------------------------------------------------------------------------------------------ environment


def test_the_environment_goes_before_the_file(write) -> None:
    settings = load(
        write(BRAND + '[net]\nworkers = 2\n[nlp]\nlanguages = ["fr"]\n'),
        {
            "LISTENER_NET__WORKERS": "5",
            "LISTENER_NLP__LANGUAGES": "en, de",
            "LISTENER_POLICY__PRIOR": "[0.3, 0.4, 0.3]",
            "LISTENER_STORAGE__PEPPER": SECRET,
            "LISTENER_DIGEST__HOUR": "",
            "LISTENER_PORT": "tcp://10.0.0.1",
            "OTHER__THING": "1",
        },
    )

    assert settings.net.workers == 5
    assert settings.nlp.languages == ("en", "de")
    assert settings.judging().prior == (0.3, 0.4, 0.3)
    assert settings.pepper() == SECRET
    assert SECRET not in repr(settings)
    assert settings.digest.hour == 7


MAIL = '[[notifiers]]\nname = "Team mail"\nkind = "email"\nhost = "h"\nuser = "u"\nfrom = "l@q.example"\nto = ["t@q.example"]\n'


def test_secrets_come_from_files_and_items_of_lists_are_chosen_by_name(write, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    settings = load(
        write(BRAND + '[[sources]]\nname = "my-feed"\nkind = "rss"\n' + MAIL),
        {
            "LISTENER_NOTIFIERS__TEAM_MAIL__PASSWORD_FILE": str(secret),
            "LISTENER_NOTIFIERS__TEAM_MAIL__PORT": "2525",
            "LISTENER_STORAGE__PEPPER_FILE": str(secret),
            "LISTENER_SOURCES__MY_FEED__TOKEN_FILE": str(secret),
            "LISTENER_SOURCES__MY_FEED__URL": "https://q.example/feed",
            "LISTENER_NET__CA_FILE": "/etc/ca.pem",
        },
    )

    mail = settings.notifiers[0]
    assert mail.kind == "email"
    assert mail.password is not None
    assert mail.password.get_secret_value() == SECRET
    assert mail.effective_port == 2525
    assert settings.pepper() == SECRET
    assert settings.sources[0].options == {"token": SECRET, "url": "https://q.example/feed"}
    assert str(settings.net.ca_file) == "/etc/ca.pem"


class MailOptions(BaseModel):
    """Options of a kind one of whose own names ends like that of a secret in a file, and one of which takes a list."""

    ca_file: Path | None = None
    password: SecretStr | None = None
    folders: tuple[str, ...] = ()


def test_options_that_end_in_file_and_lists_of_options(write, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    kinds = {"fetched": MailOptions}
    variables = {
        "CA_FILE": "/etc/ca.pem",
        "PASSWORD_FILE": str(secret),
        "FOLDERS": "INBOX, Alerts",
    }
    settings = load(
        write(BRAND + '[[sources]]\nname = "box"\nkind = "fetched"\n[customers]\nkind = "fetched"\n'),
        {f"LISTENER_{table}__{name}": value for table in ("SOURCES__BOX", "CUSTOMERS") for name, value in variables.items()},
        options=kinds,
        customers=kinds,
    )
    told = {"ca_file": "/etc/ca.pem", "password": SECRET, "folders": ["INBOX", "Alerts"]}
    assert settings.sources[0].options == settings.customers.options == told


def test_tables_of_names_take_variables(write) -> None:
    settings = load(
        write(
            BRAND + 'handles = { x = ["@old"] }\nexclusion_sets = ["no-jobs", "raffles"]\n[exclusion_sets]\nno-jobs = "vacancy"\n'
        ),
        {
            "LISTENER_EXCLUSION_SETS__NO_JOBS": "hiring OR vacancy",
            "LISTENER_EXCLUSION_SETS__RAFFLES": "raffle",
            "LISTENER_TEAMS__NORTH": "Ada Example, Bob Example",
            "LISTENER_CUSTOMERS__COLUMNS__EMAIL": "E-Mail",
            "LISTENER_BRANDS__QUILLON__HANDLES__X": "@quillon",
        },
    )
    assert settings.exclusion_sets == {"no-jobs": "hiring OR vacancy", "raffles": "raffle"}
    assert settings.file.teams == {"north": ("Ada Example", "Bob Example")}
    assert settings.customers.columns == {"email": "E-Mail"}
    assert {name: list(handles) for name, handles in settings.file.brands[0].handles.items()} == {"x": ["@quillon"]}
    found = problems(write(BRAND), {"LISTENER_TEAMS__NORTH__SOUTH": "x", "LISTENER_EXCLUSION_SETS__A": "("})
    assert "LISTENER_TEAMS__NORTH__SOUTH" in found
    assert "LISTENER_EXCLUSION_SETS__A (environment)" in found


@pytest.mark.parametrize(
    "name",
    ["TEAMS__", "EXCLUSION_SETS__", "NET__", "SOURCES__FEED__", "SOURCES__FEED___FILE", "TEAMS___", "__X", "SOURCES____URL"],
)
def test_a_variable_with_an_empty_name_is_refused(write, name: str) -> None:
    text = BRAND + '[[sources]]\nname = "feed"\nkind = "rss"\n'
    assert problems(write(text), {f"LISTENER_{name}": SECRET}) == {
        f"LISTENER_{name}": "a name is empty; LISTENER_TABLE__KEY, with a name on both sides of each double underscore"
    }


def test_wrong_variables_are_problems_that_name_the_variable(write) -> None:
    found = problems(
        write(BRAND + "storage = 5\n[net]\n"),
        {
            "LISTENER_NET__WORKER": SECRET,
            "LISTENER_NET__WORKERS": "many",
            "LISTENER_NOPE__KEY": SECRET,
            "LISTENER_NET__WORKERS__DEEP": "1",
            "LISTENER_BRANDS__OTHER__NAME": SECRET,
            "LISTENER_NLP__LANGUAGES": "[en",
            "LISTENER_POLICY__PRIOR": "0.3",
            "LISTENER_STORAGE__URL": SECRET,
            "LISTENER_DIGEST__HOUR_FILE": "/nowhere",
        },
    )

    assert found["LISTENER_NET__WORKER"] == "unknown key; did you mean workers?"
    assert found["LISTENER_NET__WORKERS (environment)"] == '"many"; a whole number'
    assert found["LISTENER_NOPE__KEY"].startswith("unknown key; known here: alerts, brands, customers")
    assert found["LISTENER_BRANDS__OTHER__NAME"] == "no table of that name in the file; one of: quillon"
    assert found["LISTENER_NLP__LANGUAGES"].startswith("not readable as JSON")
    assert found["LISTENER_DIGEST__HOUR_FILE"].startswith("unknown key; did you mean hour?")
    assert "LISTENER_NET__WORKERS__DEEP" in found


def test_secret_files_that_cannot_be_read(write, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    found = problems(
        write(BRAND + MAIL),
        {"LISTENER_STORAGE__PEPPER_FILE": str(tmp_path / "latin"), "LISTENER_NOTIFIERS__TEAM_MAIL__PASSWORD_FILE": "/nowhere/pw"},
    )

    assert "not UTF-8" in found["LISTENER_STORAGE__PEPPER_FILE"]
    assert "No such file" in found["LISTENER_NOTIFIERS__TEAM_MAIL__PASSWORD_FILE"]
    assert "LISTENER_NOTIFIERS__TEAM_MAIL__PASSWORD" in found["notifiers[0].password (line 3)"]
    (tmp_path / "empty").write_text("\n")
    found = problems(write(BRAND), {"LISTENER_STORAGE__URL_FILE": str(tmp_path / "empty")})
    assert found["LISTENER_STORAGE__URL_FILE"] == "its file is empty; the path of a readable file that holds the value"


# ------------------------------------------------------------------------------------------------- all problems at once

BROKEN = f"""
[[brand]]
name = "x"
[[brands]]
nmae = "y"
domains = ["https://a.b", "c.example"]
handles = {{ "X Corp" = ["a"], x = ["@"] }}
[[brands]]
name = "Q"
handles = {{ x = "n" }}
ambiguous = "perhaps"
[[brands]]
name = "q"
[storage]
url = "mysql://u:{SECRET}@h/x"
pepper = "short"
[digest]
hour = 25
timezone = "Europe/Atlantis"
[net]
workers = "many"
proxy = "foo:{SECRET}"
total_timeout = 0
[policy]
promoter_p = 0.2
[customers]
delimiter = ";;"
[[sources]]
name = "a"
kind = "rss"
lookback = 7
policy = {{ evidence = ["mail"] }}
[[sources]]
name = "A"
[[notifiers]]
name = "m/x"
kind = "email"
host = 5
user = "u"
passwrd = "{SECRET}"
to = []
[[notifiers]]
kind = "fax"
[[notifiers]]
name = "n"
[log]
level = "loud"
"""


def test_every_problem_is_reported_with_its_place_and_what_is_allowed(write) -> None:
    found = problems(write(BROKEN))

    assert found["brand (line 2)"] == "unknown key; did you mean brands?"
    assert found["brands[0].name (line 4)"] == "missing; The name as people write it."
    assert found["brands[0].nmae (line 5)"] == "unknown key; did you mean name?"
    assert found["brands[0].domains[0] (line 6)"].startswith('"https://a.b"; a domain without https://')
    assert found["brands[0].handles (line 7)"].startswith("a table; platforms in small letters")
    assert found["brands[1].handles.x (line 10)"].startswith('"n"; a list')
    assert found["brands[1].ambiguous (line 11)"] == '"perhaps"; true or false'
    assert found["brands[2].name (line 13)"].startswith("a second one of that name (the first: brands[1].name (line 9))")
    assert (
        found["storage.url (line 15)"] == "a value that is not shown; sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
    )
    assert found["storage.pepper (line 16)"] == "a value that is not shown; at least 16 characters"
    assert found["digest.hour (line 18)"] == "25; 23 or less"
    assert found["digest.timezone (line 19)"].startswith('"Europe/Atlantis"; a time zone')
    assert found["net.workers (line 21)"] == '"many"; a whole number'
    assert found["net.proxy (line 22)"] == "a value that is not shown; an address that begins with http:// or https://"
    assert found["net.total_timeout (line 23)"] == "0; more than 0.0"
    assert found["policy.promoter_p (line 25)"] == "0.2; 0.5 or more"
    assert found["customers.delimiter (line 27)"].startswith('";;"; one character')
    assert found["sources[0].lookback (line 31)"].startswith("7; a number and a unit")
    assert found["sources[0].policy.evidence[0] (line 32)"] == '"mail"; email, handle, link, name, company or place'
    assert found["sources[1].kind (line 33)"].startswith("missing; The connector")
    assert found["sources[1].name (line 34)"].startswith("a second one of that name")
    assert found["notifiers[0].name (line 36)"].startswith('"m/x"; a short name')
    assert found["notifiers[0].host (line 38)"] == "5; text in quotes"
    assert found["notifiers[0].passwrd (line 40)"] == "unknown key; did you mean password?"
    assert found["notifiers[0].to (line 41)"] == "missing; at least one address, or a [[recipients]] table that names it"
    assert found["notifiers[0].from (line 35)"].startswith("missing; The sender")
    kinds = "email, file, console, slack, teams, discord, webhook or apprise"
    assert found["notifiers[1].kind (line 43)"] == f'"fax"; {kinds}'
    assert found["notifiers[2].kind (line 44)"] == f"missing; {kinds}"
    assert found["log.level (line 47)"] == '"loud"; debug, info, warning or error'


def test_problems_come_in_the_order_of_the_file(write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(BROKEN), {})
    lines = [int(problem.path.rsplit("line ", 1)[1].rstrip(")")) for problem in caught.value.problems]
    assert lines == sorted(lines)


def test_thresholds_that_only_together_make_no_sense(write) -> None:
    found = problems(write(BRAND + "[policy]\nprior = [0.5, 0.5, 0.5]\n"))
    assert "sum to 1" in found["policy (line 3)"]


def test_connectors_options_and_engines_are_checked_with_the_rest(write) -> None:
    found = problems(
        write(
            BRAND + '[nlp]\nengine = "vadr"\n[digest]\nhour = 99\n[[sources]]\nname = "a"\nkind = "rss"\nulr = "x"\n'
            '[[sources]]\nname = "b"\nkind = "fax"\n[[sources]]\nname = "c"\nkind = "rss"\nurl = "u"\n'
        ),
        options={"rss": FeedOptions},
        engines=("vader",),
    )

    assert found["sources[0].url (line 7)"].startswith("missing")
    assert found["sources[0].ulr (line 10)"] == "unknown key; did you mean url?"
    assert found["sources[1].kind (line 13)"] == 'there is no connector "fax"; one of: rss'
    assert found["nlp.engine (line 4)"] == 'there is no engine "vadr"; one of: vader'
    assert "digest.hour (line 6)" in found
    assert len(found) == 5


def test_a_known_connector_and_engine_pass(write) -> None:
    path = write(BRAND + f'[[sources]]\nname = "c"\nkind = "rss"\nurl = "u"\ntoken = "{SECRET}"\n')
    assert isinstance(load(path, {}, options={"rss": FeedOptions}, engines=("vader",)), Settings)


def test_a_wrong_secret_of_a_connector_is_not_shown(write) -> None:
    path = write(BRAND + '[[sources]]\nname = "c"\nkind = "rss"\nurl = "u"\ntoken = 123456789\n')
    found = problems(path, options={"rss": FeedOptions})
    assert found["sources[0].token (line 7)"] == "a value that is not shown; text in quotes"


def test_no_brand_at_all(write) -> None:
    assert problems(write("[digest]\nhour = 8\n"))["brands"].startswith("no brand; at least one [[brands]]")


@pytest.mark.parametrize("name", ["brands = 5", "sources = 5", 'notifiers = ["x"]', "own_side = []", "brands = [5]"])
def test_tables_of_the_wrong_shape_are_problems_not_crashes(write, name: str) -> None:
    assert problems(
        write(name + "\n"), {"LISTENER_SOURCES__A__TOKEN": "x", "LISTENER_OWN_SIDE__DOMAINS": "a.example"}, options={}
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[storage\nurl = 1", "not valid TOML, line 1, column"),
        (b'a = "' + SECRET.encode(), "not valid TOML, at the end of the file"),
        (b"a = 1\nb = 2\na = 3\n", "not valid TOML"),
        (b"a = 1\nb = \xff\n", "line 2 is not UTF-8"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (b"#" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_files_that_are_no_toml(write, text: bytes, says: str) -> None:
    path = write(text)
    assert says in problems(path)[str(path)]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(write) -> None:
    assert load(write(b"\xef\xbb\xbf" + BRAND.replace("\n", "\r\n").encode()), {}).brands()[0].name == "Quillon"


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert "listener init" in problems(tmp_path / "no.toml")[str(tmp_path / "no.toml")]
    assert "cannot be read" in problems(tmp_path)[str(tmp_path)]
