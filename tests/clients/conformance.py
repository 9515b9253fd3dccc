"""Runs the cases of tests/data/conformance.json; the first entry of that file explains its format."""

import json


class NothingSaved(Exception):
    """A step needs what an earlier answer should have carried."""


class Answer:
    """What a server answered: the status and the body, as JSON where it is JSON."""

    def __init__(self, status, text):
        self.status = status
        try:
            self.body = json.loads(text) if text else {}
        except ValueError:
            self.body = None

    def error(self):
        """The code after the last #, or None."""
        return self.member("__type").rsplit("#", 1)[-1] or None

    def message(self):
        return self.member("message") or self.member("Message")

    def member(self, name):
        value = self.body.get(name) if isinstance(self.body, dict) else None
        return value if isinstance(value, str) else ""


class Step:
    """A step that was taken: what was expected, what was answered, and whether that is the same."""

    def __init__(self, step, answer, holds):
        self.step, self.answer, self.holds = step, answer, holds


def take(case, call):
    """Takes the steps of a case in order, until one cannot be made."""
    saved, taken = {}, []
    for step in case["steps"]:
        try:
            sent = made(step["input"], saved)
        except NothingSaved:
            break
        answer = call(step, sent)
        taken.append(Step(step, answer, agrees(step["expect"], answer, saved)))
    return taken


def agrees(expect, answer, saved):
    if expect["status"] != answer.status or answer.body is None:
        return False
    if "error" in expect and expect["error"] != answer.error():
        return False
    if "message" in expect and expect["message"] != answer.message():
        return False
    return "output" not in expect or holds(expect["output"], answer.body, saved)


MISSING = object()


def holds(expected, found, saved, exactly=False):
    """Whether an answer is as expected; `exactly`: objects have no members that are not named."""
    form = form_of(expected)
    if form:
        return form_holds(*form, found, saved, exactly)
    if isinstance(expected, dict) and isinstance(found, dict):
        named = all(holds(value, found.get(name, MISSING), saved, exactly) for name, value in expected.items())
        return named and (not exactly or set(found) <= set(expected))
    if isinstance(expected, list) and isinstance(found, list):
        pairs = zip(expected, found)
        return len(expected) == len(found) and all(holds(one, other, saved, exactly) for one, other in pairs)
    # In Python True is 1; in JSON it is not.
    return type(expected) is type(found) and expected == found


def form_of(value):
    """Takes {"$form": argument} apart."""
    if isinstance(value, dict) and len(value) == 1:
        [(name, argument)] = value.items()
        if name.startswith("$"):
            return name, argument
    return None


def form_holds(form, argument, found, saved, exactly):
    if form == "$absent":
        return found is MISSING
    if found is MISSING:
        return False
    if form == "$any":
        return True
    if form == "$int":
        return type(found) is int
    if form == "$set":
        return isinstance(found, list) and set_holds(argument, found, saved, exactly)
    if form == "$json":
        parsed = parsed_or_missing(found)
        return parsed is not MISSING and holds(argument, parsed, saved, exactly=True)
    if form == "$save":
        saved[argument] = found
        return True
    raise ValueError(f"unknown form {form}")


def parsed_or_missing(text):
    try:
        return json.loads(text) if isinstance(text, str) else MISSING
    except ValueError:
        return MISSING


def set_holds(expected, found, saved, exactly):
    """Finds a partner for each: the first takes whichever fits, if the others can then be matched."""
    if not expected:
        return not found
    return any(
        holds(expected[0], candidate, saved, exactly)
        and set_holds(expected[1:], found[:index] + found[index + 1 :], saved, exactly)
        for index, candidate in enumerate(found)
    )


def made(value, saved):
    """Puts $saved and $text in."""
    form = form_of(value)
    if form and form[0] == "$saved":
        if form[1] not in saved:
            raise NothingSaved(form[1])
        return saved[form[1]]
    if form and form[0] == "$text":
        return "".join(piece if isinstance(piece, str) else piece["repeat"] * piece["times"] for piece in form[1])
    if isinstance(value, dict):
        return {name: made(member, saved) for name, member in value.items()}
    if isinstance(value, list):
        return [made(member, saved) for member in value]
    return value
