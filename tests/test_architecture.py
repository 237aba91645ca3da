"""What keeps the code easy to walk through: arrows, sizes, migrations, and docs that are true."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["accounts", "personas", "leads", "sla", "leadflow"]
DRAWERS = {"services", "utils", "helpers", "common", "core"}
FOLDERS = "|".join([*ROOMS, "tests", "templates", "static", "docs", "bench"])
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50


def modules() -> list[Path]:
    found = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def test_rooms_import_leftwards_only():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)


def test_modules_fit_a_look():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text().splitlines())) >= LONGEST_MODULE
    }
    assert long == {}


def test_functions_fit_a_look():
    long = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_no_module_is_a_drawer_for_everything():
    names = {part for path in modules() for part in (*path.parent.parts, path.stem)}
    assert names & DRAWERS == set()


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_migrations_are_named():
    unnamed = [path.name for room in ROOMS for path in (ROOT / room).glob("migrations/*_auto_*.py")]
    assert unnamed == []


@pytest.mark.parametrize("page", ["where.md", "operate.md", "decisions.md"])
def test_paths_named_in_the_docs_exist(page):
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./{{}},-]*)`", text))
    missing = [name for path in named for name in alternatives(path) if not (ROOT / name).exists()]
    assert missing == []
    assert named or page != "where.md"


def alternatives(path: str) -> list[str]:
    """`models/{lead,deal}.py` names two files."""
    group = re.search(r"\{([^}]*)\}", path)
    if group is None:
        return [path]
    return [path.replace(group[0], name) for name in group[1].split(",")]


def test_symbols_named_in_where_md_exist():
    """`sla/models.py: Breach` is true only while the file defines or names Breach."""
    text = (ROOT / "docs" / "where.md").read_text()
    for path, symbol in re.findall(r"`([\w/]+\.py)[: ]+(?:class |def )?(\w+)", text):
        assert re.search(rf"\b{symbol}\b", (ROOT / path).read_text()), f"{path}: {symbol}"


def test_where_md_asks_each_question_once():
    text = (ROOT / "docs" / "where.md").read_text()
    questions = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    assert sorted(questions) == sorted(set(questions))


def test_every_setting_is_documented():
    source = (ROOT / "leadflow" / "settings.py").read_text()
    page = (ROOT / "docs" / "operate.md").read_text()
    named = set(re.findall(r'env\.\w+\(\s*"(\w+)"', source))
    assert {name for name in named if f"`{name}`" not in page} == set()
