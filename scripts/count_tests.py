"""Adds up JUnit reports and prints "N passed, N failed", with skipped ones if there are any.

    count_tests.py [--skips FILE] REPORT...

Its exit status is 1 when a test failed, or when a report is missing or counts no test. With --skips
it is so too when a test was skipped that the file doesn't name; each of its lines is a pattern of
names, a colon and the reason.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from fnmatch import fnmatchcase
from pathlib import Path


class Report:
    """The counts of one report; zeros where it is missing."""

    def __init__(self, path):
        self.passed = self.failed = 0
        self.skipped = []  # Names of tests, each with its reason.
        try:
            root = ElementTree.parse(path).getroot()
        except (OSError, ElementTree.ParseError) as error:
            print(f"no test report: {error}", file=sys.stderr)
            return
        for case in root.iter("testcase"):
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
            elif skip is not None or case.get("status") in ("notrun", "disabled"):
                self.skipped.append(
                    (name_of(case), skip.get("message", "") if skip is not None else "")
                )
            else:
                self.passed += 1

    def ran(self):
        return self.passed + self.failed > 0


def name_of(case):
    """A test's name: `tests.test_x.test_y[a]` of pytest, `x_test.Suite.Test` of ctest."""
    name, class_name = case.get("name", ""), case.get("classname", "")
    return name if class_name in ("", name) else f"{class_name}.{name}"


def named_skips(path):
    """The patterns of a file of known skips."""
    lines = [line.strip() for line in Path(path).read_text().splitlines()]
    entries = [line.partition(": ") for line in lines if line and not line.startswith("#")]
    for pattern, _, reason in entries:
        if not reason:
            sys.exit(f"{path}: {pattern!r} has no reason; write PATTERN: REASON")
    return [pattern for pattern, _, _ in entries]


def main():
    parser = argparse.ArgumentParser(description="Adds up JUnit reports.")
    parser.add_argument(
        "--skips", help="a file that names the tests that may be skipped, with reasons"
    )
    parser.add_argument("reports", nargs="+")
    arguments = parser.parse_args()
    reports = [Report(path) for path in arguments.reports]
    skipped = [skip for report in reports for skip in report.skipped]
    unexplained = []
    if arguments.skips:
        patterns = named_skips(arguments.skips)
        unexplained = [
            skip for skip in skipped if not any(fnmatchcase(skip[0], each) for each in patterns)
        ]
    for name, message in unexplained:
        print(
            f"skipped, and {arguments.skips} doesn't say why: {name} ({message or 'no reason'})",
            file=sys.stderr,
        )
    passed, failed = sum(each.passed for each in reports), sum(each.failed for each in reports)
    line = f"{passed} passed, {failed} failed"
    print(line + f", {len(skipped)} skipped" if skipped else line)
    return 0 if failed == 0 and not unexplained and all(each.ran() for each in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
