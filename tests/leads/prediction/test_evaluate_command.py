"""`manage.py evaluate_prediction`: figures for one's own history, or one clear line."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.leads.prediction.histories import leads

BANK = Path(__file__).parents[4] / "shared/data/bank_marketing/bank-additional-full.csv"


@pytest.fixture
def history(tmp_path):
    """A file of 600 leads; `talked` was filled in after somebody had spoken to them."""
    rows, _, won = leads(600)
    path = tmp_path / "history.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "talked", "won"], delimiter=";")
        writer.writeheader()
        for number, (row, yes) in enumerate(zip(rows, won, strict=True)):
            talked = str(600 + number % 50 if yes else 60 + number % 50)
            writer.writerow({**row, "talked": talked, "won": "yes" if yes else "no"})
    return path


def run(path, *more):
    out, err = io.StringIO(), io.StringIO()
    call_command("evaluate_prediction", str(path), *more, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refusal(path, *more):
    with pytest.raises(CommandError) as refused:
        run(path, *more)
    assert refused.value.returncode == 2
    return str(refused.value)


ASK = ("--outcome", "won", "--won", "yes")


def test_figures_for_people(history):
    said, warned = run(history, *ASK, "--ignore", "talked")
    assert said.startswith("600 rows with an outcome, ")
    assert "Learned from 4 columns: title, source, visits, came.\n" in said
    assert "Left out “id”: nearly every row has a value of its own.\n" in said
    assert "(stratified 5-fold):" in said
    assert warned == ""


def test_figures_for_programs(history):
    told = json.loads(run(history, *ASK, "--ignore", "talked", "--json")[0])
    assert (told["rows"], told["rows_asked"], told["protocol"]) == (600, 600, "stratified 5-fold")
    assert 0.65 < told["auc"] < 0.9
    assert told["brier"] < told["brier_of_usual_share"]
    assert sum(group["rows"] for group in told["calibration"]) == 600
    assert told["columns"]["visits"] == "number"


@pytest.mark.parametrize("order", ["row", "came"])
def test_in_order_of_time_the_newest_fifth_is_asked(history, order):
    told = json.loads(run(history, *ASK, "--ignore", "talked", "--order", order, "--json")[0])
    assert (told["protocol"], told["rows_asked"]) == ("newest fifth", 120)
    assert ("came" in told["columns"]) is (order == "row")


def test_a_column_known_only_afterwards_is_warned_of(history):
    _, warned = run(history, *ASK)
    assert warned.strip() == (
        "“talked” looks known only afterwards: alone it tells the outcome apart with AUC 1.00. "
        'If it is, leave it out with --ignore "talked".'
    )


def test_a_column_filled_in_for_the_won_alone_is_warned_of(tmp_path):
    path = tmp_path / "f.csv"
    lines = [f"{'s1' if n % 3 == 0 else ''},{n % 7},{int(n % 3 == 0)}" for n in range(300)]
    path.write_text("\n".join(["rep,visits,ok", *lines]))
    _, warned = run(path, "--outcome", "ok", "--won", "1")
    assert "“rep” looks known only afterwards: filled in for 100% more of those won" in warned


def test_what_is_wrong_is_named_with_its_remedy(history, tmp_path):
    assert refusal(tmp_path / "none.csv", *ASK).endswith("No such file or directory.")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert "is empty; its first line must name the columns." in refusal(empty, *ASK)
    assert "has no column “end”; it has “id”, “title”" in refusal(
        history, "--outcome", "end", "--won", "1"
    )
    assert "Nothing in column “won” is “1”; there is “no”, “yes”." in refusal(
        history, "--outcome", "won", "--won", "1"
    )
    assert "has no column “x”" in refusal(history, *ASK, "--ignore", "x")
    assert "can't say which row is older: “" in refusal(history, *ASK, "--order", "title")


def test_too_little_history_says_how_much_is_there(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("a,won\n" + "\n".join(f"{n},{'yes' if n < 5 else 'no'}" for n in range(40)))
    assert refusal(path, *ASK) == (
        "Not enough history yet: 40 of 200 rows with an outcome, 5 of 20 of the rarer one."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,won\n1,yes,3\n", "Line 2 of {path} has 3 cells, the header 2."),
        ("a,a,won\n1,2,yes\n", "{path} has two columns named “a”; give each a name of its own."),
    ],
)
def test_a_broken_table_names_the_place(tmp_path, text, said):
    path = tmp_path / "broken.csv"
    path.write_text(text)
    assert refusal(path, *ASK) == said.format(path=path)


@pytest.mark.skipif(not BANK.exists(), reason="the bank's campaign is not on this machine")
def test_the_banks_campaign_is_foreseen_nearly_as_well_by_a_fifth_of_it(tmp_path):
    """The whole file takes five times as long, and gives the figures of docs/benchmarks.md."""
    head, *rows = BANK.read_text().splitlines()
    part = tmp_path / "part.csv"
    part.write_text("\n".join([head, *rows[1::5]]))
    told = json.loads(
        run(part, "--outcome", "y", "--won", "yes", "--ignore", "duration", "--json")[0]
    )
    assert told["auc"] >= 0.795
    assert told["brier"] <= 0.0775
