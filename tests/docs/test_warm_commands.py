"""Commands forked from a warm process are processes of their own, as far as they and others can tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.scripts import DOCS, shown

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


def told(command: str, folder: Path) -> str:
    return "\n".join(shown.run_in_shell(command, folder))


@pytest.mark.parametrize(
    "command",
    [
        "corecar --version",
        "corecar plan --help",
        "corecar grad; echo $?",
        "corecar lots -w nowhere; echo $?",
        "corecar assess mtbf --hours 1600 --fails 2 --json",
        "corecar match weights | head -2; echo ${PIPESTATUS[0]}",
        "mkdir in && cd in && corecar init house > ../made.txt && cat ../made.txt && ls house",
    ],
)
def test_a_warm_command_prints_and_leaves_what_a_cold_one_does(command: str, tmp_path: Path) -> None:
    printed = []
    for name in ("warm", "cold"):
        place = tmp_path / name / "same"
        place.mkdir(parents=True)
        printed.append(shown.run_in_shell(command, place, cold=name == "cold"))
    assert printed[0] == printed[1]
    assert printed[0]


ABOUT_ITSELF = """
import os, sys, threading
print(sys.argv, __name__, "__file__" in globals(), sys.path[0], os.getcwd(), sys.stdin.read(3), os.environ["COLUMNS"])
print(sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdout.line_buffering)
print(threading.active_count(), [type(each).__name__ for each in sys.meta_path][:1], "pandas" in sys.modules)
"""


def test_a_warm_program_finds_itself_as_a_cold_one_does(tmp_path: Path) -> None:
    warm, cold = (
        subprocess.run(
            [program, "-c", ABOUT_ITSELF], input=b"abc", cwd=tmp_path, capture_output=True, env=environment, check=True
        )
        for program, environment in (
            (shown.warm_commands() / "corecar-python", shown._environment(shown.warm_commands())),
            (sys.executable, shown._environment(None)),
        )
    )
    assert warm.stdout.decode() == cold.stdout.decode()
    assert warm.stderr == cold.stderr == b""


@pytest.mark.parametrize(("ending", "status"), [("sys.exit(3)", 3), ("sys.exit('why')", 1), ("1 / 0", 1), ("", 0)])
def test_a_warm_program_ends_as_a_cold_one_does(ending: str, status: int, tmp_path: Path) -> None:
    source = f"import atexit, sys\natexit.register(print, 'bye')\nprint('begun')\n{ending}"
    command = [shown.warm_commands() / "corecar-python", "-c", source]
    done = subprocess.run(
        command, cwd=tmp_path, env=shown._environment(shown.warm_commands()), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (status, b"begun\nbye\n")
    assert {"sys.exit('why')": b"why\n", "1 / 0": b"ZeroDivisionError"}.get(ending, b"") in done.stderr


def test_a_warm_command_that_is_killed_says_so(tmp_path: Path) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert told(f"corecar-python -c '{program}'; echo $?", tmp_path) == str(128 + signal.SIGKILL)


def test_a_warm_command_that_is_stopped_stops(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    program = "import os, time; print(os.getpid(), flush=True); open('begun', 'w').close(); time.sleep(60)"
    stopped = f'corecar-python -c "{program}" & cat begun; kill $!; wait $!; echo $?'
    process, status = shown.run_in_shell(stopped, tmp_path)
    assert int(status) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)


def test_warm_commands_run_side_by_side(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    both = (
        'corecar-python -c \'print(open("pipe").read())\' & corecar-python -c \'open("pipe", "w").write("met")\'; wait'
    )
    assert told(both, tmp_path) == "met"


def test_a_command_whose_environment_was_changed_starts_from_scratch(tmp_path: Path) -> None:
    source = "import os, sys; print(os.environ.get('CORECAR_PLACE'), 'numpy' in sys.modules)"
    assert told(f'corecar-python -c "{source}"', tmp_path) == "None True"
    assert told(f'CORECAR_PLACE=here corecar-python -c "{source}"', tmp_path) == "here False"


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, str(DOCS / "warm.py"), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        server.communicate(timeout=20)
    assert server.returncode == 0


def test_pages_can_also_be_run_from_scratch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    source = "import sys; print('numpy' in sys.modules)"
    page.write_text(f"```python\n{source}\n```\n\n```text\nFalse\n```\n", encoding="utf-8")
    assert shown.main(["--cold", str(page)]) == 0
    assert shown.main([str(page)]) == 1
    assert "shows something else" in capsys.readouterr().out
