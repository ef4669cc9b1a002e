"""The figures of a run as a page of tables."""

from collections.abc import Iterable
from statistics import median

from scenarios import Column, Goal, Scenario

DISTURBED_SHARE = 0.05  # Of a core, taken by others during a measurement.


def page(
    scenarios: Iterable[Scenario], records: list[dict], skipped: list[dict], facts: dict
) -> str:
    """Markdown. A record is a measurement: scenario, server, name, round and its figures."""
    lines = [
        "# Results",
        "",
        "Written by the program; [README.md](README.md) says how it measures and how to repeat it.",
        "",
    ]
    lines += facts_table(facts) + ["", disturbances(records), ""]
    for scenario in scenarios:
        mine = [record for record in records if record["scenario"] == scenario.key]
        out = [entry for entry in skipped if entry["scenario"] == scenario.key]
        if mine or out:
            lines += section(scenario, mine, out)
    return "\n".join(lines)


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
    if records and scenario.goals:
        lines += [f"* Goal: {verdict(scenario, goal, records)}" for goal in scenario.goals] + [""]
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


def ratios(scenario: Scenario, records: list[dict], server: str) -> list[float]:
    """Of the first column, base over `server`, round by round."""
    key = scenario.columns[0].key
    rounds = {
        record["round"]: record[key] for record in records if record["server"] == scenario.base
    }
    return [
        rounds[record["round"]] / record[key]
        for record in records
        if record["server"] == server and record["round"] in rounds
    ]


def ratio_cell(scenario: Scenario, records: list[dict], server: str) -> str:
    if server == scenario.base or not (found := ratios(scenario, records, server)):
        return ""
    if scenario.compare == "this / base":
        found = [1 / ratio for ratio in found]
    spread = f" ({min(found):.2f}–{max(found):.2f})" if len(found) > 1 else ""
    return f"{median(found):.2f} ×{spread}"


def verdict(scenario: Scenario, goal: Goal, records: list[dict]) -> str:
    """Against the peer that did best."""
    names = {row.key: row.name for row in scenario.rows}
    reached = {
        peer: median(found) for peer in goal.peers if (found := ratios(scenario, records, peer))
    }
    if not reached:
        return f"{goal.factor:g} × {names[goal.peers[0]]}: not measured."
    best = min(reached, key=reached.__getitem__)
    state = "reached" if reached[best] >= goal.factor else "not reached"
    return f"{goal.factor:g} × {names[best]}: {state}, with {reached[best]:.2f} ×."
