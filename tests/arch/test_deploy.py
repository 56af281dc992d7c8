"""What an operator deploys is valid, safe and accepted by the program, and docs/operations.md shows what works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kubernetes_validate
import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.loader import load
from listener.core.telling import Coverage, Health
from listener.metrics import Measured, write_metrics
from tests.support.commands import SCRIPT, call
from tests.support.deploying import KUBERNETES, ROOT, SYSTEMD, accept, blocks, commands, cron_jobs, manifests, pod, read, unit

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
WORKLOADS = {name: made for name, made in manifests().items() if made["kind"] in {"CronJob", "Deployment"}}
CONFIG = 'brands = [{ name = "Quillon" }]\n[[sources]]\nname = "x search"\nkind = "twitter"\n'


# ------------------------------------------------------------------------------------------------------- Kubernetes


@pytest.mark.parametrize("name", manifests())
def test_a_manifest_is_valid_in_the_newest_kubernetes(name: str) -> None:
    kubernetes_validate.validate(manifests()[name], kubernetes_validate.latest_version(), strict=True)


def test_the_check_of_manifests_sees_a_misspelled_key() -> None:
    wrong = manifests()["cronjob.yaml"]
    wrong["spec"]["concurencyPolicy"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_may_do_nothing_but_its_work(name: str) -> None:
    spec = pod(WORKLOADS[name])
    (container,) = spec["containers"]
    uid = int(re.findall(r"(?m)^USER (\d+):\1$", DOCKERFILE)[0])
    whole = spec["securityContext"]
    assert (whole["runAsNonRoot"], whole["runAsUser"], whole["runAsGroup"], whole["fsGroup"]) == (True, uid, uid, uid)
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container["resources"]["limits"].keys() == {"memory"}  # a limit of CPU would only slow it down


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_has_the_volumes_that_it_mounts_and_may_write_where_it_must(name: str) -> None:
    spec = pod(WORKLOADS[name])
    (container,) = spec["containers"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert sorted(mount["name"] for mount in mounts.values()) == sorted(volume["name"] for volume in spec["volumes"])
    assert {path for path, mount in mounts.items() if not mount.get("readOnly")} == {"/data", "/tmp"}
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"] if "persistentVolumeClaim" in volume]
    assert claims == [manifests()["volume.yaml"]["metadata"]["name"]]
    config = next(volume for volume in spec["volumes"] if "configMap" in volume)
    assert config["configMap"]["name"] == manifests()["config.yaml"]["metadata"]["name"]
    folder = next(path for path, mount in mounts.items() if mount["name"] == config["name"])
    (file,) = manifests()["config.yaml"]["data"]
    assert {entry["name"]: entry.get("value") for entry in container["env"]}["LISTENER_CONFIG"] == f"{folder}/{file}"


@pytest.mark.parametrize("name", WORKLOADS)
def test_secrets_are_references_and_everything_is_accepted_by_the_program(name: str, tmp_path: Path) -> None:
    spec = pod(WORKLOADS[name])
    (container,) = spec["containers"]
    accept(container["args"])
    assert "envFrom" not in container, "a key of the secret that is no setting would stop the program"
    secret = [entry["name"] for entry in container["env"] if "value" not in entry]
    assert secret == [entry["name"] for entry in container["env"] if "secretKeyRef" in entry.get("valueFrom", {})]
    assert secret == ["LISTENER_STORAGE__URL"]
    (tmp_path / "listener.toml").write_text(manifests()["config.yaml"]["data"]["listener.toml"], encoding="utf-8")
    checked = call("check", folder=tmp_path, env={"LISTENER_STORAGE__URL": "postgresql://listener:x@database.example/listener"})
    assert (checked.status, checked.err) == (0, "")
    for what, part in {**container, **spec}.items():
        if "Probe" in what:
            assert part["exec"]["command"][0] == "listener"
            accept(part["exec"]["command"][1:])


def test_runs_do_not_overlap_and_two_processes_never_share_sqlite() -> None:
    job, serve = WORKLOADS["cronjob.yaml"]["spec"], WORKLOADS["deployment.yaml"]["spec"]
    assert (job["concurrencyPolicy"], pod(WORKLOADS["cronjob.yaml"])["restartPolicy"]) == ("Forbid", "Never")
    assert (serve["replicas"], serve["strategy"]) == (1, {"type": "Recreate"})
    assert serve["selector"]["matchLabels"].items() <= serve["template"]["metadata"]["labels"].items()
    (container,) = pod(WORKLOADS["deployment.yaml"])["containers"]
    assert container["readinessProbe"]["exec"]["command"] == ["listener", "status"]
    assert "livenessProbe" not in container, "a restart mends no source and no mail server"
    assert container["readinessProbe"]["timeoutSeconds"] >= 30
    (program,) = pod(WORKLOADS["cronjob.yaml"])["containers"]
    assert not [key for key in program if "Probe" in key]


def test_both_workloads_are_the_same_pod_but_for_the_command() -> None:
    job, serve = (deepcopy(pod(made)) for made in WORKLOADS.values())
    for spec in (job, serve):
        for key in ("args", "readinessProbe"):
            spec["containers"][0].pop(key, None)
        for key in ("restartPolicy", "terminationGracePeriodSeconds"):
            spec.pop(key, None)
    assert job == serve


def test_the_kustomization_names_files_that_are_there_and_this_version() -> None:
    made = read(KUBERNETES / "kustomization.yaml")
    assert set(made["resources"]) <= {path.name for path in KUBERNETES.iterdir()}
    assert {"config.yaml", "volume.yaml"} < set(made["resources"])
    assert len({"cronjob.yaml", "deployment.yaml"} & set(made["resources"])) == 1, "one way of running"
    (image,) = made["images"]
    assert image["newTag"] == VERSION
    assert {pod(each)["containers"][0]["image"] for each in WORKLOADS.values()} == {image["name"]}


def test_whoever_keeps_sqlite_on_a_network_is_warned() -> None:
    for text in ((KUBERNETES / "volume.yaml").read_text(encoding="utf-8"), OPERATIONS):
        assert re.search(r"network file\s+(# )?system", text)
        assert "NFS" in text
        assert "WAL" in text


# --------------------------------------------------------------------------------------------------- compose, systemd


def test_the_program_accepts_what_compose_gives_it(tmp_path: Path) -> None:
    compose = read(ROOT / "compose.yaml")
    service = compose["services"]["listener"]
    accept(service["command"])
    kind, program, *words = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "listener")
    accept(words)
    assert service["image"] == f"listener:{VERSION}"
    variables = {name: re.sub(r"\$\{[^}]*\}", "x", str(value)) for name, value in service["environment"].items()}
    path = tmp_path / "listener.toml"
    path.write_text(CONFIG, encoding="utf-8")
    settings = load(path, {name: value for name, value in variables.items() if name != "LISTENER_CONFIG"})
    assert settings.database_url().startswith("postgresql://")
    targets = [mount.split(":")[1] for mount in service["volumes"]]
    assert variables["LISTENER_CONFIG"] in targets
    assert any(str(settings.resolve(settings.digest.out)).startswith(target) for target in targets)


SERVICES = ["listener.service", "listener-serve.service"]
CLOSED = {
    "NoNewPrivileges": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "true",
    "SystemCallFilter": "@system-service @pkey",
    "UMask": "0077",
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_runs_the_program_and_may_do_little_else(name: str) -> None:
    lines = unit(name)
    service = {key: value for section, key, value in lines if section == "Service"}
    assert len(service) == sum(section == "Service" for section, _, _ in lines), "no key twice"
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/listener/bin/listener"
    accept(words)
    assert CLOSED.items() <= service.items()
    assert service["User"] not in {"root", "0"}
    assert service["ReadWritePaths"] == service["WorkingDirectory"] == str(Path(service["Environment"].partition("=")[2]).parent)


def test_the_timer_starts_the_service_and_keeps_what_it_missed() -> None:
    timer = {key: value for section, key, value in unit("listener.timer") if section == "Timer"}
    assert timer["Persistent"] == "true"
    assert ("Service", "Type", "oneshot") in unit("listener.service")
    assert ("Install", "WantedBy", "timers.target") in unit("listener.timer")
    assert not any(section == "Install" for section, _, _ in unit("listener.service")), "it would run at each start, too"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for path in SYSTEMD.iterdir():
        here = path.read_text(encoding="utf-8").replace("/opt/listener/bin/listener", str(SCRIPT))
        (tmp_path / path.name).write_text(here, encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")


# -------------------------------------------------------------------------------------------------------- the rules


def written(folder: Path) -> dict[str, set[tuple[str, str]]]:
    """What a pass leaves for Prometheus: each metric's name with its labels."""
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    heard = Coverage("site", "blog", Health.OK, now, lag_p95=timedelta(hours=1))
    made = Measured(now, 1.0, True, {"new": 1}, [heard], {"waiting": 0, "parked": 0, "refused": 0}, 0, 0, 0, 1, VERSION, "1")
    write_metrics(folder / "listener.prom", made)
    text = (folder / "listener.prom").read_text(encoding="utf-8")
    return {
        sample.name: {(key, value) for key, value in sample.labels.items()}
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_rules_ask_for_metrics_that_are_written(tmp_path: Path) -> None:
    known = written(tmp_path)
    (group,) = read(ROOT / "deploy" / "prometheus" / "listener.rules.yaml")["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) == 9
    for rule in group["rules"]:
        assert set(re.findall(r"listener_\w+", rule["expr"])) <= known.keys(), rule["alert"]
        for state in re.findall(r'state="(\w+)"', rule["expr"]):
            assert state in {"waiting", "parked", "refused"}
        if "$labels.source" in str(rule["annotations"]):
            name = re.findall(r"listener_\w+", rule["expr"])[0]
            assert ("source", "site") in known[name]
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        for said in re.findall(r"`listener ([^`]+)`", rule["annotations"]["action"]):
            accept(shlex.split(re.sub(r"\{\{.*?\}\}", "site", said)))


def test_the_page_names_every_metric_and_no_other(tmp_path: Path) -> None:
    named = set(re.findall(r"`(listener_[a-z_]+)", OPERATIONS))
    assert named == written(tmp_path).keys()


# --------------------------------------------------------------------------------------------------------- the page


def test_every_command_of_the_page_is_accepted() -> None:
    shown = [words for line in blocks(OPERATIONS, "sh") for words in commands(line) if words[0] == "listener"]
    inline = [shlex.split(text) for text in re.findall(r"`(listener [^`…]+)`", OPERATIONS)]
    assert len(shown) > 10
    assert len(inline) > 10
    for _, *words in shown + inline:
        accept(words)


def test_every_file_that_a_command_of_the_page_takes_from_here_is_there() -> None:
    lines = blocks(OPERATIONS, "sh")
    paths = {word for line in lines for words in commands(line) for word in words if word.startswith(("deploy/", "requirements"))}
    assert paths >= {"deploy/kubernetes", "deploy/systemd/listener.timer", "requirements.lock"}
    assert [path for path in paths if not (ROOT / path).exists()] == []
    docker = [words for line in lines for words in commands(line) if words[:2] == ["docker", "run"]]
    (image,) = {word for words in docker for word in words if word.startswith("listener:")}
    assert image == f"listener:{VERSION}"
    for words in docker:
        accept(words[words.index(image) + 1 :])
    tools = {words[0] for line in lines for words in commands(line)}
    assert tools >= {"docker", "kubectl", "systemctl", "pg_dump", "pg_restore"}


VALUES = {"URL": "postgresql://u:p@db.example/d", "NO_PROXY": "inside.example"}
"""What a setting takes, by the last part of its variable's name; any address, where it is not here."""


def test_every_setting_that_the_page_names_is_one(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    mail = '[[notifiers]]\nname = "team-mail"\nkind = "email"\nhost = "m.example"\nfrom = "a@m.example"\nto = ["b@m.example"]\n'
    path.write_text(CONFIG + mail, encoding="utf-8")
    named = set(re.findall(r"LISTENER_[A-Z]\w*__\w+", OPERATIONS))
    assert len(named) >= 5
    for name in named:
        value = VALUES.get(name.removesuffix("_FILE").split("__")[-1], "http://proxy.example:3128")
        (tmp_path / "secret").write_text(value, encoding="utf-8")
        load(path, {name: str(tmp_path / "secret") if name.endswith("_FILE") else value})


def test_the_actions_that_the_page_names_are_logged() -> None:
    paragraph = OPERATIONS.split("## The log")[1].split("```")[0]
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", paragraph))
    assert len(named) >= 8
    sources = "".join(
        path.read_text(encoding="utf-8") for folder in ("listener", "storage") for path in (ROOT / folder).rglob("*.py")
    )
    assert [action for action in named if f'action="{action}"' not in sources] == []


def run_by_cron(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command as cron starts it, with the paths of the page in ``folder``."""
    here = command.replace("/opt/listener/bin/listener", str(SCRIPT)).replace("/srv/listener", str(folder))
    environment = {"HOME": str(folder), "LOGNAME": "listener", "USER": "listener", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", here.replace("/backups", str(folder))],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_lines_for_cron_work_as_cron_runs_them(tmp_path: Path) -> None:
    run, watch, backup, dump = jobs = [cron_jobs(line) for line in blocks(OPERATIONS, "cron")]
    assert {user for _, user, _ in jobs} == {"listener"}
    assert all(re.fullmatch(r"(?:[\d*/]+ ?){5}", times) for times, _, _ in jobs)
    post = '{"platform": "forum", "external_id": "1", "text": "Quillon is great.", "author": {"handle": "ada"}}\n'
    (tmp_path / "posts.jsonl").write_text(post, encoding="utf-8")
    source = '[[sources]]\nname = "export"\nkind = "file"\npath = "posts.jsonl"\n[nlp]\nengine = "vader"\n'
    (tmp_path / "listener.toml").write_text(f'[[brands]]\nname = "Quillon"\n{source}', encoding="utf-8")
    before = run_by_cron(watch[2], tmp_path)
    assert "none so far" in before.stdout, "what is wrong is said, for cron to mail"
    ran = run_by_cron(run[2], tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert (tmp_path / "listener.log").read_text(encoding="utf-8") == ""
    assert (tmp_path / "listener.db").exists()
    after = run_by_cron(watch[2], tmp_path)
    assert (after.returncode, after.stdout) == (0, ""), "what is well is not mailed"
    saved = run_by_cron(backup[2], tmp_path)
    assert (saved.returncode, saved.stderr) == (0, "")
    (copy,) = tmp_path.glob("listener-2*.db")
    assert re.fullmatch(r"listener-\d{4}-\d\d-\d\d\.db", copy.name)
    dumped = run_by_cron(dump[2].replace("pg_dump", "echo"), tmp_path)
    assert dumped.returncode == 0
    assert re.search(rf"--file={tmp_path}/listener-\d{{4}}-\d\d-\d\d\.dump postgresql://", dumped.stdout)


def test_no_command_of_the_page_holds_a_password() -> None:
    assert [
        line for line in (*blocks(OPERATIONS, "sh"), *blocks(OPERATIONS, "cron")) if re.search(r"://[^/\s]*:[^/\s]*@", line)
    ] == []


def test_a_percent_sign_that_is_not_escaped_ends_the_line() -> None:
    assert cron_jobs("0 3 * * *  root  date +%F > x")[2] == "date +"
    assert cron_jobs(r"0 3 * * *  root  date +\%F > x")[2] == "date +%F > x"


def test_wrong_arguments_are_not_accepted() -> None:
    for words in (["rnu"], ["run", "--sicne", "7d"], ["db", "backup"], ["alerts", "list", "--state", "nowhere"]):
        with pytest.raises(AssertionError):
            accept(words)
