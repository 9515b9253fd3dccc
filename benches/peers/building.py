"""The programs that are measured, and the Python packages of the peers."""

import dataclasses
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


@dataclasses.dataclass
class Programs:
    logpolicy: pathlib.Path
    bare: pathlib.Path
    measure: pathlib.Path
    python: pathlib.Path | None
    """That of an environment with boto3 and moto; none where they cannot be installed."""
    optimised: bool


def programs(unoptimised):
    program, examples = ["--bin", "logpolicy"], ["--example", "bare", "--example", "measure"]
    # Two builds: examples come with the features of the tests, and what users build is to be measured.
    builds = [[*program, *examples]] if unoptimised else [["--release", *program], ["--release", *examples]]
    for wanted in builds:
        subprocess.run(["cargo", "build", "--locked", *wanted], cwd=ROOT, check=True)
    folder = TARGET / ("debug" if unoptimised else "release")
    examples = folder / "examples"
    return Programs(folder / "logpolicy", examples / "bare", examples / "measure", environment(), not unoptimised)


def environment():
    """The environment in which `.ci/run` has moto, made where it is missing."""
    folder = ROOT / "target" / "venv"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "moto_server").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            requirements = ROOT / "tests" / "requirements.txt"
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
        except subprocess.CalledProcessError:
            return None
    return python
