"""Runs acceptance.py as a program, for tests."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).parent / "acceptance.py"


def start(*arguments, **variables):
    return subprocess.Popen([sys.executable, "-B", PROGRAM, *map(str, arguments)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **variables})


def run(test, *arguments, code=0, **variables):
    program = start(*arguments, **variables)
    out, err = program.communicate()
    test.assertEqual(program.returncode, code, out + err)
    return out + err


def compare(test, url, name, reset, golden):
    """The differences of a server are those on record; and as cases of their own they hold at that server."""
    found = Path(test.enterContext(tempfile.TemporaryDirectory())) / "differences.json"
    server = ("--endpoint-url", url, "--name", name, "--reset", reset)
    run(test, *server, "--differences", found, code=2)
    run(test, *server, "--cases", found)
    if os.environ.get("LOGPOLICY_BLESS"):
        golden.write_text(found.read_text())
    test.assertEqual(found.read_text(), golden.read_text(), f"{golden}: LOGPOLICY_BLESS=1 writes it anew")
