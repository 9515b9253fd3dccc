//! As much of the Amazon States Language as `step-functions/state-machine.asl.json` uses; anything else is a panic.

use serde_json::{Map, Value, json};

/// How an execution ended: the name of its last state, and its output.
pub(super) struct Execution {
    pub(super) state: String,
    pub(super) output: Value,
}

/// What a state sees: its input, and what stands under `$$`.
struct Sight<'a> {
    input: &'a Value,
    context: &'a Value,
}

/// Runs a state machine. A task is a job with parameters, which ends with an exit code.
pub(super) fn execute(
    machine: &Value,
    input: Value,
    context: &Value,
    job: &mut dyn FnMut(&Value) -> i32,
) -> Execution {
    let mut name = machine["StartAt"].as_str().unwrap().to_owned();
    let mut input = input;
    loop {
        let state = &machine["States"][&name];
        let (next, output) = step(state, input, context, job);
        match next {
            Some(next) => (name, input) = (next, output),
            None => return Execution { state: name, output },
        }
    }
}

/// Runs a state: the next one, unless that was the last, and the output.
fn step(
    state: &Value,
    input: Value,
    context: &Value,
    job: &mut dyn FnMut(&Value) -> i32,
) -> (Option<String>, Value) {
    let sight = Sight { input: &input, context };
    let mut next = state["Next"].as_str().map(ToOwned::to_owned);
    let (result, place) = match state["Type"].as_str().unwrap() {
        "Pass" => (fill(&state["Parameters"], &sight), state.get("ResultPath")),
        "Map" => (map(state, &sight, job), state.get("ResultPath")),
        "Task" => {
            assert_eq!(state["Resource"], "arn:aws:states:::batch:submitJob.sync");
            match job(&fill(&state["Parameters"], &sight)) {
                0 => (json!({"Status": "SUCCEEDED"}), state.get("ResultPath")),
                code => {
                    let described = json!({"Status": "FAILED", "Container": {"ExitCode": code}});
                    let failed = json!({"Error": "States.TaskFailed", "Cause": described.to_string()});
                    let Some(catch) = state["Catch"].get(0) else { return (None, failed) };
                    assert_eq!(catch["ErrorEquals"], json!(["States.TaskFailed"]));
                    next = catch["Next"].as_str().map(ToOwned::to_owned);
                    (failed, catch.get("ResultPath"))
                }
            }
        }
        "Choice" => {
            let chosen = state["Choices"].as_array().unwrap().iter().find(|rule| holds(rule, &sight));
            let name = chosen.map_or(&state["Default"], |rule| &rule["Next"]);
            return (Some(name.as_str().unwrap().to_owned()), input);
        }
        "Succeed" => return (None, input),
        "Fail" => return (None, json!({"Error": state["Error"], "Cause": state["Cause"]})),
        unknown => panic!("{unknown} is not known here"),
    };
    let mut output = placed(input.clone(), place, result);
    if let Some(path) = state["OutputPath"].as_str() {
        output = look(path, &Sight { input: &output, context });
    }
    (next, output)
}

/// The input with a result at its `ResultPath`: in its place, or left out, or under a name.
fn placed(mut input: Value, place: Option<&Value>, result: Value) -> Value {
    match place {
        None => result,
        Some(Value::Null) => input,
        Some(path) => {
            input[path.as_str().unwrap().strip_prefix("$.").unwrap()] = result;
            input
        }
    }
}

fn map(state: &Value, sight: &Sight, job: &mut dyn FnMut(&Value) -> i32) -> Value {
    let items = look(state["ItemsPath"].as_str().unwrap(), sight);
    let mut outputs = Vec::new();
    let mut failed = 0;
    let processor = &state["ItemProcessor"];
    for item in items.as_array().unwrap() {
        let mut context = sight.context.clone();
        context["Map"] = json!({"Item": {"Value": item}});
        let input = fill(&state["ItemSelector"], &Sight { input: sight.input, context: &context });
        // A child execution of a distributed Map has a name of its own.
        let child = json!({"Execution": {"Name": "child"}});
        let ended = execute(processor, input, &child, job);
        if ended.output.get("Error").is_some() { failed += 1 } else { outputs.push(ended.output) }
    }
    let tolerated = state["ToleratedFailurePercentage"].as_u64().unwrap_or_default();
    assert!(failed * 100 <= tolerated * items.as_array().unwrap().len() as u64, "more failed than tolerated");
    Value::Array(outputs)
}

/// Whether a rule of a choice holds.
fn holds(rule: &Value, sight: &Sight) -> bool {
    if let Some(all) = rule["And"].as_array() {
        return all.iter().all(|rule| holds(rule, sight));
    }
    let found = find(rule["Variable"].as_str().unwrap(), sight);
    match (rule.get("IsPresent"), rule.get("NumericEquals")) {
        (Some(present), None) => found.is_some() == present.as_bool().unwrap(),
        (None, Some(number)) => found.unwrap() == *number,
        _ => panic!("{rule} is not known here"),
    }
}

/// A template with its `NAME.$` filled in.
fn fill(template: &Value, sight: &Sight) -> Value {
    match template {
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| match name.strip_suffix(".$") {
                Some(name) => (name.to_owned(), evaluate(value.as_str().unwrap(), sight)),
                None => (name.clone(), fill(value, sight)),
            });
            Value::Object(filled.collect::<Map<_, _>>())
        }
        Value::Array(list) => list.iter().map(|entry| fill(entry, sight)).collect(),
        plain => plain.clone(),
    }
}

/// The value of a path, or of one function of paths, words in quotes and numbers.
fn evaluate(expression: &str, sight: &Sight) -> Value {
    let Some((function, rest)) = expression.split_once('(') else { return look(expression, sight) };
    let arguments: Vec<Value> = rest
        .strip_suffix(')')
        .unwrap()
        .split(", ")
        .map(|argument| match argument.strip_prefix('\'') {
            Some(word) => json!(word.strip_suffix('\'').unwrap()),
            None if argument.starts_with('$') => look(argument, sight),
            None => json!(argument.parse::<u64>().unwrap()),
        })
        .collect();
    match (function, arguments.as_slice()) {
        ("States.ArrayRange", [from, to, step]) => {
            let [from, to, step] = [from, to, step].map(|number| number.as_u64().unwrap());
            (from..=to).step_by(usize::try_from(step).unwrap()).map(Value::from).collect()
        }
        ("States.Format", [template, values @ ..]) => {
            let mut text = template.as_str().unwrap().to_owned();
            for value in values {
                let word = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                text = text.replacen("{}", &word, 1);
            }
            json!(text)
        }
        ("States.StringToJson", [text]) => serde_json::from_str(text.as_str().unwrap()).unwrap(),
        _ => panic!("{expression} is not known here"),
    }
}

fn look(path: &str, sight: &Sight) -> Value {
    find(path, sight).unwrap_or_else(|| panic!("there is no {path} in {}", sight.input))
}

fn find(path: &str, sight: &Sight) -> Option<Value> {
    let (root, rest) = match path.strip_prefix("$$") {
        Some(rest) => (sight.context, rest),
        None => (sight.input, path.strip_prefix('$').unwrap()),
    };
    rest.split('.').skip(1).try_fold(root, |place, name| place.get(name)).cloned()
}

/// The states that a machine cannot reach, and the names that are no states; machines inside of Maps too.
pub(super) fn loose_ends(machine: &Value) -> Vec<String> {
    let states = machine["States"].as_object().unwrap();
    let mut open = vec![machine["StartAt"].as_str().unwrap().to_owned()];
    let mut reached: Vec<String> = Vec::new();
    let mut loose = Vec::new();
    while let Some(name) = open.pop() {
        let Some(state) = states.get(&name) else {
            loose.push(name);
            continue;
        };
        if reached.contains(&name) {
            continue;
        }
        let branches = ["Choices", "Catch"].into_iter().filter_map(|key| state[key].as_array()).flatten();
        let ways = branches.map(|branch| &branch["Next"]).chain([&state["Next"], &state["Default"]]);
        open.extend(ways.filter_map(Value::as_str).map(ToOwned::to_owned));
        if state.get("ItemProcessor").is_some() {
            loose.extend(loose_ends(&state["ItemProcessor"]));
        }
        reached.push(name);
    }
    loose.extend(states.keys().filter(|name| !reached.contains(name)).cloned());
    loose
}
