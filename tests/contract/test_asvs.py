import csv
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/explanation/security.md"
LEVELS = HERE / "asvs_levels.csv"  # of OWASP ASVS 5.0.0: the ids of levels 1 and 2, and nothing of its text
ANSWERS = ("met", "partly", "not met", "n.a.")
ID = re.compile(r"\b\d+\.\d+\.\d+\b")


def chapters() -> dict[str, tuple[str, list[list[str]]]]:
    """By title, the line that counts, and the rows: requirement, answer, where."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## OWASP ASVS 5.0, level 2\n")[2]
    found = {}
    for chapter in section.split("\n### ")[1:]:
        title, _, body = chapter.partition("\n")
        lines = [line for line in body.splitlines() if line]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[0] == "|"]
        found[title] = lines[0], rows[2:]
    return found


def counted(rows: list[list[str]]) -> Counter[str]:
    return Counter({answer: 0 for answer in ANSWERS}) + Counter(
        answer for requirement, answer, _ in rows for _ in ID.findall(requirement)
    )


def test_each_requirement_of_levels_1_and_2_is_answered_once() -> None:
    with LEVELS.open(encoding="ascii") as file:
        levels = {row["id"]: row["level"] for row in csv.DictReader(file)}
    assert Counter(levels.values()) == {"1": 70, "2": 183}
    rows = [row for _, rows in chapters().values() for row in rows]
    answered = Counter(requirement for row in rows for requirement in ID.findall(row[0]))
    assert set(answered) == set(levels)
    assert set(answered.values()) == {1}


def test_each_answer_is_one_of_four_and_says_where_or_why() -> None:
    for title, (_, rows) in chapters().items():
        for row in rows:
            assert len(row) == 3, (title, row)
            assert row[1] in ANSWERS, (title, row)
            assert row[2], (title, row)


def test_the_counts_are_those_of_the_rows() -> None:
    summary = PAGE.read_text(encoding="utf-8")
    total: Counter[str] = Counter()
    for title, (line, rows) in chapters().items():
        counts = counted(rows)
        total += counts
        assert line == ", ".join(f"{counts[answer]} {answer}" for answer in ANSWERS) + "."
        assert f"| {title} | " + " | ".join(str(counts[answer]) for answer in ANSWERS) + " |" in summary
    assert "| **all** | " + " | ".join(str(total[answer]) for answer in ANSWERS) + " |" in summary
