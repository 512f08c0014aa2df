"""The alert rules name metrics, queues and schedules that the service exports."""

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from deploy.settings_docs import ROOT
from market.kernel import Database
from market.service.commands.runtime import BAD_INPUT
from market.service.worker.queues import QUEUES
from market.service.worker.schedules import add_schedules
from tests.support.app import build_settings, run_service

FOREIGN = {
    "up",
    "node_systemd_unit_state",
    "node_systemd_timer_last_trigger_seconds",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
}
"""Metrics of Prometheus and node_exporter."""


class Rule(Struct, forbid_unknown_fields=True, rename={"wait": "for"}):
    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]
    wait: str = "0m"


class Group(Struct, forbid_unknown_fields=True):
    name: str
    rules: list[Rule]


class RuleFile(Struct, forbid_unknown_fields=True):
    groups: list[Group]


def load_rules() -> list[Rule]:
    text = (ROOT / "deploy/alerts.yml").read_text(encoding="utf-8")
    return [rule for group in msgspec.yaml.decode(text, type=RuleFile).groups for rule in group.rules]


def find_metrics(expression: str) -> set[str]:
    """Return the names of the metrics of an expression: every word before braces, a range or a comparison."""
    return set(re.findall(r"\b([a-z_]+)\b(?=\{|\[| [=><])", re.sub(r"\{[^}]*\}", "{}", expression)))


async def test_every_metric_of_the_alert_rules_is_exported(dsn: str, folder: Path, database: Database) -> None:
    await add_schedules(database)
    async with run_service(build_settings(dsn, folder)) as service:
        await service.http.get("/healthz")
        text = (await service.http.get("/metrics")).text
    exported = {re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")}
    named = set[str]().union(*(find_metrics(rule.expr) for rule in load_rules()))
    assert named - FOREIGN - exported == set()
    gauges = {name for name in exported if name.startswith(("market_queue", "market_schedule"))}
    assert gauges <= named


def test_every_queue_has_an_alert_and_no_rule_names_another_queue() -> None:
    found = [re.findall(r'queue=~?"([a-z_|]+)"', rule.expr) for rule in load_rules()]
    assert {queue for values in found for value in values for queue in value.split("|")} == set(QUEUES)


def test_somebody_is_told_when_a_timer_does_not_run() -> None:
    (rule,) = (rule for rule in load_rules() if rule.alert == "TimerNotRun")
    patterns = re.findall(r'name=~?"([^"]+)"', rule.expr)
    timers = [path.name.replace("@.", "@ledger.") for path in (ROOT / "deploy").glob("*.timer")]
    assert {timer for timer in timers if any(re.fullmatch(pattern, timer) for pattern in patterns)} == set(timers)


def find_rule(name: str) -> Rule:
    return next(rule for rule in load_rules() if rule.alert == name)


def test_somebody_is_told_of_a_unit_that_exits_again_and_again_or_has_a_wrong_setting() -> None:
    rule = find_rule("UnitNotSteady")
    (pattern,) = re.findall(r'name=~"([^"]+)", state="active"\}\[10m\]\) < 0[.]8', rule.expr)
    for name in ("xiangji.service", "xiangji-worker.service"):
        lines = (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(pattern, name)
        assert {"StartLimitIntervalSec=0", f"RestartPreventExitStatus={BAD_INPUT}"} <= set(lines)


async def test_somebody_is_told_when_no_worker_has_ever_started(dsn: str, folder: Path) -> None:
    async with run_service(build_settings(dsn, folder)) as service:
        text = (await service.http.get("/metrics")).text
    assert "market_queues_readable 1.0" in text
    assert "market_schedule_overdue_seconds{" not in text
    assert find_rule("NoSchedules").expr.endswith("== 1 unless count(market_schedule_overdue_seconds) > 0")


def test_rules_are_named_once_and_say_how_urgent_they_are() -> None:
    rules = load_rules()
    assert len({rule.alert for rule in rules}) == len(rules)
    assert {rule.labels["severity"] for rule in rules} == {"page", "ticket"}
    assert all(rule.annotations["summary"].endswith((".", "?")) for rule in rules)
