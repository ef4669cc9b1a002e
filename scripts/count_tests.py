"""Adds up JUnit reports and prints "N passed, N failed", with skipped ones if there are any.

Its exit status is 1 when a test failed, or when a report is missing or counts no test.
"""

import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """The (passed, failed, skipped) of one report; zeros when there is none."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: {error}", file=sys.stderr)
        return 0, 0, 0
    passed = failed = skipped = 0
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    counts = [count(path) for path in sys.argv[1:]]
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    line = f"{passed} passed, {failed} failed"
    print(line + f", {skipped} skipped" if skipped else line)
    every_report_ran = all(ran + lost > 0 for ran, lost, _ in counts)
    return 0 if failed == 0 and every_report_ran else 1


if __name__ == "__main__":
    sys.exit(main())
