from __future__ import annotations

import json
from pathlib import Path

from local import facts
from local.facts import Facts

AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
FACTS = Facts.at("http://127.0.0.1:8080", "iw_p_x", "iw_a_y", {"gateway": 1, "aws": 2}, AWS)


def test_scripts_find_everything_in_one_file(tmp_path: Path) -> None:
    FACTS.write(tmp_path)

    assert json.loads((tmp_path / "local.json").read_text()) == {
        "index_url": "http://127.0.0.1:8080/simple/",
        "upload_url": "http://127.0.0.1:8080/legacy/",
        "json_url": "http://127.0.0.1:8080/pypi/",
        "manage_url": "http://127.0.0.1:8080/manage/",
        "token": "iw_p_x",
        "admin_token": "iw_a_y",
        "pids": {"gateway": 1, "aws": 2},
        "aws": AWS,
    }


def test_only_its_owner_reads_the_tokens(tmp_path: Path) -> None:
    FACTS.write(tmp_path)

    assert (tmp_path / "local.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["local.json"]


def test_an_unfinished_file_of_a_killed_run_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "local.json.new").write_text("half of")

    FACTS.write(tmp_path)

    assert facts.running_at(tmp_path) == FACTS.index_url


def test_what_is_forgotten_is_not_told(tmp_path: Path) -> None:
    FACTS.write(tmp_path)

    facts.forget(tmp_path)
    facts.forget(tmp_path)

    assert facts.running_at(tmp_path) == "-"


def test_the_greeting_has_commands_to_copy() -> None:
    lines = [
        line.split(maxsplit=1)[-1] for line in FACTS.greeting(Path("/data")).splitlines() if line
    ]

    index = "http://__token__:iw_p_x@127.0.0.1:8080/simple/"
    upload = "http://127.0.0.1:8080/legacy/"
    assert {
        f"pip install --index-url {index} PROJECT",
        f"uv pip install --default-index {index} PROJECT",
        f"twine upload --repository-url {upload} -u __token__ -p iw_p_x dist/*",
        f"uv publish --publish-url {upload} --token iw_p_x dist/*",
        f"idlewheel publish --repository-url {upload} -u __token__ -p iw_p_x dist/*",
    } <= set(lines)


def test_the_admin_token_is_not_shown_on_a_screen() -> None:
    assert FACTS.admin_token not in FACTS.greeting(Path("/data"))


def test_the_greeting_says_where_the_facts_are() -> None:
    assert "/data/local.json\n" in FACTS.greeting(Path("/data"))
