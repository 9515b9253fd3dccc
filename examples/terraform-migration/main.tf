# What is to leave Terraform: two account policies, one of them for each of two teams.
variable "teams" {
  type    = set(string)
  default = ["orders", "search"]
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "dns" {
  statement {
    sid       = "Dns"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:us-east-1:111122223333:log-group:/aws/route53/*:*"]
    principals {
      type        = "Service"
      identifiers = ["route53.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

data "aws_iam_policy_document" "team" {
  for_each = var.teams
  statement {
    sid       = "Team"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/${each.key}/*:*"]
    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "dns" {
  policy_name     = "route53-query-logs"
  policy_document = data.aws_iam_policy_document.dns.json
}

resource "aws_cloudwatch_log_resource_policy" "team" {
  for_each        = var.teams
  policy_name     = "team-${each.key}"
  policy_document = data.aws_iam_policy_document.team[each.key].json
}
