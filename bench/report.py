"""Writes the figures of a run as a page of tables."""

from collections.abc import Collection
from statistics import median

from goals import GOALS, Goal, ratios
from scenario import Column, Scenario

DISTURBED_SHARE = 0.05  # A measurement is marked where others took more of a core.


def page(
    scenarios: Collection[Scenario], records: list[dict], skipped: list[dict], facts: dict
) -> str:
    """The page in Markdown. A record is a measurement: scenario, server, name, round, figures."""
    lines = [
        "# Results",
        "",
        "Written by the program; [README.md](README.md) says how it measures and how to repeat it.",
        "",
    ]
    measured = {scenario.key for scenario in scenarios}
    lines += summary([goal for goal in GOALS if goal.scenario in measured], records)
    lines += facts_table(facts) + ["", disturbances(records), ""]
    for scenario in scenarios:
        mine = [record for record in records if record["scenario"] == scenario.key]
        out = [entry for entry in skipped if entry["scenario"] == scenario.key]
        if mine or out:
            lines += section(scenario, mine, out)
    return "\n".join(lines)


def summary(goals: list[Goal], records: list[dict]) -> list[str]:
    lines = ["| work | measure | goal | measured | |", "| --- | --- | --- | ---: | --- |"]
    states = []
    for goal in goals:
        reached = goal.reached(records)
        value = f"{number(reached[0], goal.digits)} {goal.unit}" if reached else "–"
        state = "not measured" if not reached else "reached" if reached[1] else "**not reached**"
        states.append(state)
        lines.append(f"| {goal.work} | {goal.measure} | {goal.text} | {value} | {state} |")
    total = f"{states.count('reached')} of {len(states)} goals are reached."
    return [*lines, "", total, ""]


def facts_table(facts: dict) -> list[str]:
    return ["| | |", "| --- | --- |"] + [f"| {key} | {value} |" for key, value in facts.items()]


def disturbances(records: list[dict]) -> str:
    loaded = [record for record in records if "stolen_share" in record]
    if not loaded:
        return ""
    hit = sum(1 for record in loaded if is_disturbed(record))
    return (
        f"In {hit} of {len(loaded)} measurements under load other processes or the hypervisor took "
        f"more than {DISTURBED_SHARE:.0%} of a core. Ratios are taken within a round, so that both "
        "sides had the same weather."
    )


def is_disturbed(record: dict) -> bool:
    return (
        record["stolen_share"] > DISTURBED_SHARE or record.get("others_share", 0) > DISTURBED_SHARE
    )


def section(scenario: Scenario, records: list[dict], skipped: list[dict]) -> list[str]:
    lines = [f"## {scenario.title}", ""]
    if records:
        lines += table(scenario, records) + [""]
    if skipped:
        lines += [f"* Left out: {entry['name']}: {entry['reason']}" for entry in skipped] + [""]
    return lines + ([scenario.note, ""] if scenario.note else [])


def table(scenario: Scenario, records: list[dict]) -> list[str]:
    names = {record["server"]: record["name"] for record in records}
    compared = bool(scenario.compare) and scenario.base in names
    heads = ["server", *(column.title for column in scenario.columns)]
    if compared:
        base = names[scenario.base]
        heads.insert(2, f"{base} ÷ this" if scenario.compare == "base / this" else f"÷ {base}")
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for server, name in names.items():
        cells = [cell(column, records, server) for column in scenario.columns]
        if compared:
            cells.insert(1, ratio_cell(scenario, records, server))
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines


def values(records: list[dict], server: str, key: str) -> list[float]:
    return [
        record[key]
        for record in records
        if record["server"] == server and record.get(key) is not None
    ]


def cell(column: Column, records: list[dict], server: str) -> str:
    found = values(records, server, column.key)
    if not found:
        return "–"
    text = number(median(found), column.digits)
    if column.spread == "range" and len(found) > 1:
        text += f" ({number(min(found), column.digits)}–{number(max(found), column.digits)})"
    return text


def number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def ratio_cell(scenario: Scenario, records: list[dict], server: str) -> str:
    pair = (scenario.base, server) if scenario.compare == "base / this" else (server, scenario.base)
    found = ratios(records, scenario.key, scenario.columns[0].key, *pair)
    if server == scenario.base or not found:
        return ""
    spread = f" ({min(found):.2f}–{max(found):.2f})" if len(found) > 1 else ""
    return f"{median(found):.2f} ×{spread}"
