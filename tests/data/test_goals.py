import re
from datetime import date

import pytest

from stadtnetz.coverage.model import Goal
from stadtnetz.data.goals import GoalsError, load_goals

GOOD = """
[[goal]]
id = "fibre-2030"
indicator = "fibre_area_share"
title = "Fibre"
titel = "Glasfaser"
target = 1
due = 2030-12-31
programme = "Netze"
"""


@pytest.fixture
def table(tmp_path):
    """Write a table of goals and return its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "goals.toml"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_packaged_goals():
    assert [(goal.id, goal.indicator, goal.target, goal.due) for goal in load_goals()] == [
        ("fibre_offer_2025", "fibre_offer_household_share", 0.5, date(2025, 12, 31)),
        ("business_areas_fibre_2025", "business_area_fibre_share", 1.0, date(2025, 12, 31)),
        ("schools_fibre_2025", "school_fibre_share", 1.0, date(2025, 12, 31)),
        ("mobile_5g_2025", "mobile_5g_area_share", 0.95, date(2025, 12, 31)),
        ("fibre_full_2030", "fibre_area_share", 1.0, date(2030, 12, 31)),
        ("iot_2030", "iot_area_share", 1.0, date(2030, 12, 31)),
    ]


def test_dimensions_only_where_the_strategy_names_them():
    for goal in load_goals():
        assert len(goal.goal_dimensions) == (4 if goal.action_plan == "Glasfaser" else 0)
        assert goal.source
        assert goal.quote
    assert [goal.id for goal in load_goals() if goal.action_plan is None] == ["iot_2030"]


@pytest.mark.real
def test_goals_are_in_the_strategys_words(shared):
    strategy = (shared / "digitalstrategie.txt").read_text(encoding="utf-8")
    for goal in load_goals():
        assert f"\n- {goal.quote}\n" in strategy
        assert f"\nProgramm {goal.programme}\n" in strategy
        assert goal.action_plan is None or f"\n{goal.action_plan}\n" in strategy
        for dimension in goal.goal_dimensions:
            assert f"- **{dimension.capitalize()}:**" in strategy


def test_another_citys_table(table):
    expected = Goal(
        "fibre-2030", "fibre_area_share", "Fibre", "Glasfaser", 1.0, date(2030, 12, 31), "Netze"
    )
    assert load_goals(table(GOOD)) == (expected,)
    assert load_goals(table(GOOD, "utf-8-sig")) == (expected,)


def test_baseline(table):
    (goal,) = load_goals(table(GOOD + "baseline = { date = 2021-06-30, value = 0 }"))
    assert goal.baseline == (date(2021, 6, 30), 0.0)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("target = 1", "target = 0", "target = 0 must be a number above 0 and up to 1"),
        ("target = 1", "target = 50", "target = 50 must be a number above 0 and up to 1"),
        ("target = 1", "target = nan", "target = nan must be a number"),
        ("target = 1", "target = true", "target = True must be a number"),
        ("target = 1", 'target = "95 %"', "target = '95 %' must be a number"),
        ("target = 1", "", "target is missing; it must be a number above 0 and up to 1"),
        ("target = 1", "target = 1\ngaol = 2", "gaol = 2 is unknown"),
        ("programme", "program", "program = 'Netze' is unknown; did you mean programme?"),
        ("programme", "program", "programme is missing"),
        ("2030-12-31", '"2030"', "due = '2030' must be a date such as 2030-12-31"),
        ("2030-12-31", "2030-12-31T00:00:00", "must be a date such as 2030-12-31"),
        ('"Fibre"', '" "', "title = ' ' must be a text"),
        ("target = 1", 'target = 1\noperator = "<="', "operator = '<=' must be \">=\""),
        ("target = 1", 'target = 1\ngoal_dimensions = "modern"', "must be a list of texts"),
        ("target = 1", "target = 1\nbaseline = { value = 0.1 }", "baseline = {'value': 0.1} must"),
    ],
)
def test_a_fault_names_goal_key_and_value(table, old, new, fault):
    with pytest.raises(GoalsError, match=re.escape(fault)) as caught:
        load_goals(table(GOOD.replace(old, new)))
    assert "goal 'fibre-2030': " in str(caught.value)


def test_all_faults_at_once(table):
    bad = GOOD.replace("target = 1", "target = 2") + GOOD.replace("2030-12-31", "2030")
    with pytest.raises(GoalsError) as caught:
        load_goals(table(bad))
    assert str(caught.value).splitlines()[1:] == [
        "goal 'fibre-2030': target = 2 must be a number above 0 and up to 1",
        "goal 'fibre-2030': due = 2030 must be a date such as 2030-12-31, without quotes",
        "goal 'fibre-2030': id = 'fibre-2030' is another goal's; ids must differ",
    ]


@pytest.mark.parametrize(
    ("identifier", "named"), [('"Fibre 2030"', "'Fibre 2030'"), ("[1]", "[1]"), ('""', "''")]
)
def test_ids_are_plain(table, identifier, named):
    with pytest.raises(GoalsError, match=re.escape(f"goal {named}: id = {named} must be lower")):
        load_goals(table(GOOD.replace('"fibre-2030"', identifier)))


@pytest.mark.parametrize("text", ["", "goal = 1", "goal = [1]", "[goal]\nid = 1", GOOD + "[x]\n"])
def test_a_table_of_something_else_is_refused(table, text):
    with pytest.raises(GoalsError, match=r"\[\[goal\]\] tables and nothing else"):
        load_goals(table(text))


@pytest.mark.parametrize(("text", "encoding"), [("[[goal", "utf-8"), ("# ä", "latin-1")])
def test_what_is_not_toml_is_refused_by_name(table, text, encoding):
    with pytest.raises(GoalsError, match=r"goals\.toml is not TOML in UTF-8"):
        load_goals(table(text, encoding))


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_goals(tmp_path / "goals.toml")
