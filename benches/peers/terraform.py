"""Terraform as a peer, where it and its AWS provider are installed: nothing is downloaded."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from measuring import Peer
from policies import document, name
from setting import ACCOUNT

PROVIDER = "registry.terraform.io/hashicorp/aws"
VARIABLE = "LOGPOLICY_BENCH_TERRAFORM_PLUGINS"


def mirror():
    """A folder that is laid out as a mirror of providers and holds that of AWS."""
    named = os.environ.get(VARIABLE)
    usual = ["~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"]
    for folder in [named] if named else usual:
        folder = pathlib.Path(folder).expanduser()
        if (folder / PROVIDER).is_dir():
            return folder
    return None


def missing():
    """Why it is not measured; nothing where it is."""
    if not shutil.which("terraform"):
        return "terraform is not installed"
    if not mirror():
        return f"there is no mirror with terraform's AWS provider ({VARIABLE} names its folder)"
    return None


def version():
    if missing():
        return ""
    said = subprocess.run(["terraform", "version"], capture_output=True, text=True).stdout
    provider = sorted(path.name for path in (mirror() / PROVIDER).iterdir() if path.name[0].isdigit())
    return f"{re.search(r'v([0-9.]+)', said).group(1)}, AWS provider {', '.join(provider)}"


def plan(bench, folder, url, regions, count, name="terraform plan"):
    """A plan without changes; the state is made by an apply here."""
    settings = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n'
    (folder / "settings.tfrc").write_text(settings)
    (folder / "main.tf.json").write_text(json.dumps(configuration(url, regions, count)))
    environment = bench.environment(url) | {
        "PATH": os.environ["PATH"],
        "TF_CLI_CONFIG_FILE": str(folder / "settings.tfrc"),
        "CHECKPOINT_DISABLE": "1",
    }
    for step in (["init"], ["apply", "-auto-approve"]):
        command = ["terraform", *step, "-input=false", "-no-color"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"terraform {step[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    command = [shutil.which("terraform"), "plan", "-input=false", "-no-color", "-detailed-exitcode"]
    return Peer(name, command, environment, folder, "No changes.")


def configuration(url, regions, count):
    """The same policies, with a provider for each Region."""
    providers, resources = [], {}
    for region in regions:
        providers.append(
            {
                "alias": region,
                "region": region,
                "skip_credentials_validation": True,
                "skip_metadata_api_check": True,
                "endpoints": [{"cloudwatchlogs": url, "sts": url}],
            }
        )
        for number in range(count):
            resources[f"{region}_{number}"] = {
                "provider": f"aws.{region}",
                "policy_name": name(number),
                "policy_document": json.dumps(document(number, ACCOUNT, region)),
            }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": providers},
        "resource": {"aws_cloudwatch_log_resource_policy": resources},
    }
