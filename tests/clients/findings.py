"""Writes what a server did differently as cases, in the format of tests/data/conformance.json."""

import json

from conformance import MISSING, form_of, holds, parsed_or_missing

# What differs from call to call, whatever the server.
TIMES = {"lastUpdatedTime", "creationTime"}


def case_of(case, taken, server):
    """The case as this server has it: where it disagrees, its answer stands as the expectation."""
    steps = [step.step if step.holds else {**step.step, "expect": found(step)} for step in taken]
    return {"name": case["name"], "why": f"found: what {server} does; elsewhere: {case['why']}", "steps": steps}


def found(step):
    """An answer as an expectation."""
    answer, expect = step.answer, {"status": step.answer.status}
    if answer.status >= 400:
        if answer.error():
            expect["error"] = answer.error()
        if answer.message():
            expect["message"] = answer.message()
    elif "output" in step.step["expect"] and answer.body is not None:
        expect["output"] = shown(step.step["expect"]["output"], answer.body)
    return expect


def shown(expected, answered, name=None):
    """What was answered, as far as the expectation looks at it: no more, or a report would be all text."""
    form = form_of(expected)
    if answered is MISSING:
        return {"$absent": True}
    if form and form[0] != "$set":
        return shown_form(expected, form, answered, name)
    if isinstance(answered, list):
        return shown_list(form[1] if form else expected, answered)
    if isinstance(expected, dict) and isinstance(answered, dict):
        return {member: shown(value, answered.get(member, MISSING), member) for member, value in expected.items()}
    return constant(answered, name)


def shown_form(expected, form, answered, name):
    if holds(expected, answered, {}):
        return expected
    if form[0] == "$json" and parsed_or_missing(answered) is not MISSING:
        return {"$json": parsed_or_missing(answered)}
    return constant(answered, name)


def shown_list(expected, answered):
    """Members of a list, in whatever order, by all the names that the expectation uses in any of them."""
    if not answered:
        return []
    members = expected if isinstance(expected, list) else []
    named = {name: value for member in members if isinstance(member, dict) and not form_of(member)
             for name, value in member.items()}
    return {"$set": [shown(named, member) if named else {"$any": True} for member in answered]}


def constant(answered, name):
    if name in TIMES and type(answered) is int:
        return {"$int": True}
    if name == "revisionId" and isinstance(answered, str) and not answered.isdigit():
        # A server that makes them up makes up another one next time.
        return {"$any": True}
    return answered


def report(differences):
    """The differences as lines to read."""
    lines = []
    for case, taken in differences:
        lines.append(f"{case['name']} ({case['why']})")
        for number, step in enumerate(taken, 1):
            if not step.holds:
                lines.append(f"  step {number}, {step.step['call']}: expected {brief(step.step['expect'])}")
                lines.append(f"  {' ' * len(f'step {number}')}  found {brief(found(step))}")
        if len(taken) < len(case["steps"]):
            lines.append(f"  step {len(taken) + 1} could not be taken: an earlier answer lacks what it sends")
    return lines


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:297]}..."
