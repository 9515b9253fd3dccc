"""Terraform with the AWS provider against the emulator, and the way from its state to our files and back.

Needs Terraform in the path and the provider in a folder laid out as a filesystem mirror: the one that
LOGPOLICY_TEST_TERRAFORM_PLUGINS names, or one of Terraform's own.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import servers
from documents import ACCOUNT

MIRRORS = ["~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"]
PROVIDER = "registry.terraform.io/hashicorp/aws"

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "%(account)s"
  secret_key                  = "sandbox"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    logs = "%(url)s"
    sts  = "%(url)s"
  }
}

data "aws_caller_identity" "here" {}

data "aws_iam_policy_document" "dns" {
  statement {
    sid       = "Route53LogsToCloudWatchLogs"
    actions   = ["logs:PutLogEvents", "logs:CreateLogStream"]
    resources = ["arn:aws:logs:us-east-1:${data.aws_caller_identity.here.account_id}:log-group:/aws/route53/*:*"]
    principals {
      type        = "Service"
      identifiers = ["route53.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "dns" {
  policy_name     = "route53-query-logs"
  policy_document = data.aws_iam_policy_document.dns.json
}

resource "aws_cloudwatch_log_resource_policy" "search" {
  policy_name = "search"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Search"
      Effect    = "Allow"
      Principal = { Service = ["es.amazonaws.com", "events.amazonaws.com"] }
      Action    = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource  = ["arn:aws:logs:us-east-1:%(account)s:log-group:/aws/search/*:*"]
      Condition = { StringEquals = { "aws:SourceAccount" = ["%(account)s"] } }
    }]
  })
}
"""


def mirror():
    named = os.environ.get("LOGPOLICY_TEST_TERRAFORM_PLUGINS")
    folders = [Path(folder).expanduser() for folder in ([named] if named else MIRRORS)]
    return next((folder for folder in folders if (folder / PROVIDER).is_dir()), None)


def lacking():
    if not shutil.which("terraform"):
        return "no terraform in the path"
    if not mirror():
        return "the AWS provider is in none of Terraform's folders; LOGPOLICY_TEST_TERRAFORM_PLUGINS names another"
    return None


@unittest.skipIf(lacking(), lacking())
class Terraform(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.url = self.enterContext(servers.emulator("--world", str(self.folder / "world.json")))
        self.write("main.tf", CONFIGURATION % {"account": ACCOUNT, "url": self.url})
        self.write("cli.tfrc", f'provider_installation {{\n filesystem_mirror {{ path = "{mirror()}" }}\n}}\n')
        self.write("targets.yaml", json.dumps({
            "version": 1, "targets": {"main": {"account": ACCOUNT, "regions": ["us-east-1"]}}}))
        self.terraform("init", "-input=false")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run_here(self, *command):
        variables = servers.environment(ACCOUNT, self.folder, TF_CLI_CONFIG_FILE=str(self.folder / "cli.tfrc"),
                                        CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1")
        return subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True)

    def terraform(self, *arguments, code=0):
        done = self.run_here("terraform", *arguments, *([] if arguments[0] == "show" else ["-no-color"]))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def logpolicy(self, *arguments, code=0):
        done = self.run_here(servers.BINARY, "--endpoint-url", self.url, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def ours(self, *arguments, code=0):
        return self.logpolicy("-f", "targets.yaml", "-f", "policies.yaml", *arguments, code=code)

    def live(self):
        world = json.loads((self.folder / "world.json").read_text())
        return world["accounts"][ACCOUNT]["us-east-1"]["policies"]

    def test_what_terraform_made_becomes_ours_and_stays_as_it_declares(self):
        self.terraform("apply", "-auto-approve", "-input=false")
        self.assertEqual(sorted(self.live()), ["route53-query-logs", "search"])
        self.terraform("plan", "-detailed-exitcode", "-input=false")

        # Our files out of its state: a plan right after finds nothing to do.
        self.imported("terraform.tfstate")
        # And out of what `terraform show` prints.
        self.write("shown.json", self.terraform("show", "-json"))
        self.imported("shown.json")

        # We write each document anew, in our own form: Terraform sees no difference.
        self.rewritten()
        self.terraform("plan", "-detailed-exitcode", "-input=false")
        # It would see one in the content.
        self.changed()
        self.terraform("plan", "-detailed-exitcode", "-input=false", code=2)
        # Its own apply is drift to us; what it puts back is what we had.
        self.terraform("apply", "-auto-approve", "-input=false")
        self.assertIn("search", self.ours("drift", code=2))
        self.terraform("destroy", "-auto-approve", "-input=false")
        self.assertEqual(self.live(), {})

    def imported(self, state):
        for leftover in ("policies.yaml", "state"):
            path = self.folder / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.logpolicy("-f", "targets.yaml", "import", "--from", state, "-o", "policies.yaml")
        plan = self.ours("plan", "--detailed-exitcode")
        self.assertIn("2 unchanged", plan)

    def rewritten(self):
        """Takes both policies away behind everyone's back and has our apply create them."""
        before = self.live()
        for name in before:
            subprocess.run([servers.installed("aws"), "--endpoint-url", self.url, "logs", "delete-resource-policy",
                            "--policy-name", name], check=True, env=servers.environment(ACCOUNT, self.folder))
        self.ours("apply", "--auto-approve")
        self.assertEqual(sorted(self.live()), sorted(before))

    def changed(self):
        text = (self.folder / "policies.yaml").read_text()
        self.assertIn("/aws/search/", text)
        self.write("policies.yaml", text.replace("/aws/search/", "/aws/searches/"))
        self.ours("apply", "--auto-approve")


if __name__ == "__main__":
    unittest.main()
