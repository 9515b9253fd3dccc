"""logpolicy, the bare SDK and boto3, as peers."""

import pathlib
import subprocess

from measuring import Peer

HERE = pathlib.Path(__file__).resolve().parent


def record(bench, folder, url, *arguments):
    """Applies what stands already, so that it is recorded."""
    command = [bench.programs.logpolicy, *arguments, "apply", "--auto-approve", "--format", "jsonl"]
    done = subprocess.run(command, cwd=folder, env=bench.environment(url), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"apply ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def logpolicy(bench, folder, url, *arguments, name="logpolicy plan"):
    command = [bench.programs.logpolicy, *arguments, "plan", "--detailed-exitcode"]
    return Peer(name, command, bench.environment(url), folder, "No changes.")


def bare_one(bench, folder, url, count):
    return Peer("bare SDK call", [bench.programs.bare, "one"], bench.environment(url), folder, f"{count} policies")


def bare_fleet(bench, folder, url, targets, at_once, name="bare SDK calls"):
    command = [bench.programs.bare, "fleet", folder / "targets.txt", str(at_once)]
    return Peer(name, command, bench.environment(url), folder, f"in {targets} targets")


def boto3_one(bench, folder, url):
    command = [bench.programs.python, HERE / "boto3_one.py", folder / "logpolicy.yaml"]
    return Peer("boto3", command, bench.environment(url), folder, "No changes.")


def boto3_fleet(bench, folder, url):
    command = [bench.programs.python, HERE / "boto3_fleet.py", folder / "logpolicy.yaml", folder / "targets.txt"]
    return Peer("boto3", command, bench.environment(url), folder, "No changes.")
