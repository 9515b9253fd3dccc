//! A CloudFormation template, in JSON or in YAML with short forms.

use std::collections::BTreeMap;

use crate::config::{SourceEntry, SourceKind, SourceNode, parse_template};
use crate::model::{Diagnostic, Node, SourceSpan, Sources};

use super::declared::{Declared, DeclaredPolicy, Identity, Unusable};
use super::embedded::embedded;
use super::intrinsic::{Stack, Unresolved, member, scalar, unresolved};

/// The resource type of account policies.
const KIND: &str = "AWS::Logs::ResourcePolicy";

/// Why a text is no template that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloudFormationError {
    /// Neither YAML nor JSON; the findings say where.
    Unreadable(Vec<Diagnostic>),
    /// It has no resources.
    NoResources,
    /// A parameter was given that the template does not have.
    UnknownParameter(String),
}

/// The policies of the template in a file of `sources`. `given` are values of parameters by name; `url_suffix` is what
/// `AWS::URLSuffix` is at all targets, where that is one thing.
///
/// # Errors
/// [`CloudFormationError`] where the template as a whole cannot be used; what is wrong with one resource is a value.
pub fn cloudformation(
    sources: &Sources,
    file: usize,
    given: &BTreeMap<String, String>,
    url_suffix: Option<&str>,
) -> Result<Declared, CloudFormationError> {
    let text = sources.files.get(file).map(|file| file.text.as_str()).unwrap_or_default();
    let mut findings = Vec::new();
    let root = parse_template(file, text, &mut findings);
    if !findings.is_empty() {
        return Err(CloudFormationError::Unreadable(findings));
    }
    let root = root.ok_or(CloudFormationError::NoResources)?;
    let stack = Stack::new(&root, given, url_suffix);
    let unknown =
        given.keys().find(|name| !name.starts_with("AWS::") && stack.declared("Parameters", name).is_none());
    if let Some(name) = unknown {
        return Err(CloudFormationError::UnknownParameter(name.clone()));
    }
    let Some(SourceKind::Map(resources)) = member(&root, "Resources").map(|node| &node.kind) else {
        return Err(CloudFormationError::NoResources);
    };
    let mut found = Declared::default();
    resources.iter().for_each(|entry| resource(&stack, entry, sources, &mut found));
    Ok(found)
}

fn resource(stack: &Stack<'_>, entry: &SourceEntry, sources: &Sources, found: &mut Declared) {
    let origin = entry.key.clone();
    let unusable = |span: SourceSpan, because: String| Unusable {
        origin: origin.clone(),
        place: sources.location(span),
        because,
        block: None,
    };
    if entry.key.starts_with("Fn::") {
        found.unusable.push(unusable(entry.key_span, "a loop over resources is not read".to_owned()));
        return;
    }
    if member(&entry.value, "Type").and_then(scalar) != Some(KIND) {
        return;
    }
    match policy(stack, &entry.value) {
        Ok(None) => {}
        Ok(Some((identity, document))) => found.policies.push(DeclaredPolicy {
            place: sources.location(entry.key_span),
            identity,
            document,
            account: None,
            region: None,
            block: None,
            origin,
        }),
        Err(Unresolved { span, because }) => found.unusable.push(unusable(span, because)),
    }
}

/// Name and document of a resource; nothing where its condition does not hold.
fn policy(stack: &Stack<'_>, resource: &SourceNode) -> Result<Option<(Identity, Node)>, Unresolved> {
    if let Some(condition) = member(resource, "Condition") {
        let Some(name) = scalar(condition) else {
            return unresolved(condition, "the name of a condition is expected here");
        };
        if !stack.holds(condition, name)? {
            return Ok(None);
        }
    }
    let Some(properties) = member(resource, "Properties") else {
        return unresolved(resource, "it has no Properties");
    };
    let (name, document) = (member(properties, "PolicyName"), member(properties, "PolicyDocument"));
    let (Some(name), Some(document)) = (name, document) else {
        return unresolved(properties, "it needs PolicyName and PolicyDocument");
    };
    let identity = Identity::Name(stack.text(name)?);
    let document = match stack.value(document)? {
        Some(Node::Text(template)) => match embedded(&template) {
            Ok(node) => node,
            Err(why) => return unresolved(document, format!("its PolicyDocument cannot be read: {why}")),
        },
        Some(node @ Node::Object(_)) => node,
        _ => return unresolved(document, "its PolicyDocument is neither a text nor a map"),
    };
    Ok(Some((identity, document)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::stable::spelled;

    fn read(text: &str, given: &[(&str, &str)]) -> Result<Declared, CloudFormationError> {
        let mut sources = Sources::default();
        let file = sources.add("t.yaml", text);
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        cloudformation(&sources, file, &given, Some("amazonaws.com"))
    }

    /// `name: resource` or `logical id at line: reason` of everything in a template.
    fn shown(text: &str, given: &[(&str, &str)]) -> Vec<String> {
        let found = read(text, given).expect("a template");
        let one = |policy: &DeclaredPolicy| {
            let Identity::Name(name) = &policy.identity else { return String::new() };
            let Node::Object(members) = &policy.document else { return String::new() };
            let Node::Text(resource) = &members[0].1 else { return String::new() };
            format!("{}: {}", spelled(name), spelled(resource)).replace('\u{1}', "%")
        };
        let left_out = found.unusable.iter().map(|one| {
            let line = one.place.as_ref().map_or(0, |place| place.line);
            format!("{} at {line}: {}", one.origin, one.because)
        });
        found.policies.iter().map(one).chain(left_out).collect()
    }

    /// A template with one policy whose document has this resource.
    fn with_resource(resource: &str) -> String {
        format!(
            "Parameters:\n  Group: {{ Type: String, Default: /app }}\n  Open: {{ Type: String }}\n  \
             Names: {{ Type: CommaDelimitedList, Default: 'a, b' }}\n  \
             Ssm: {{ Type: 'AWS::SSM::Parameter::Value<String>', Default: /x }}\n\
             Mappings:\n  M: {{ one: {{ two: found }} }}\n\
             Conditions:\n  Is: !Equals [!Ref Group, /app]\n  Not: !Not [!Condition Is]\n  \
             Loop: !And [!Condition Loop, !Condition Is]\n  Where: !Equals [!Ref 'AWS::Region', us-east-1]\n\
             Resources:\n  Logs: {{ Type: 'AWS::Logs::LogGroup', Properties: {{ LogGroupName: !Sub '/x/${{Group}}' }} }}\n  \
             Made: {{ Type: 'AWS::Logs::LogGroup' }}\n  Self: {{ Type: 'AWS::Logs::LogGroup', Properties: {{ LogGroupName: !Ref Self }} }}\n  \
             Bucket: {{ Type: 'AWS::S3::Bucket' }}\n  P:\n    Type: AWS::Logs::ResourcePolicy\n    Properties:\n      \
             PolicyName: p\n      PolicyDocument: !Sub\n        - '{{\"Resource\": \"${{R}}\"}}'\n        - R: {resource}\n"
        )
    }

    #[test]
    fn what_a_template_alone_can_tell() {
        for (resource, expected) in [
            ("literal", "p: literal"),
            ("!Ref Group", "p: /app"),
            (
                "!Sub 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}:*'",
                "p: arn:%partition%:logs:%region%:%account%:log-group:/app:*",
            ),
            ("{ 'Fn::Sub': '${!aws:SourceAccount}x${' }", "p: ${aws:SourceAccount}x${"),
            ("!Join [':', [a, !Ref 'AWS::URLSuffix', 5]]", "p: a:amazonaws.com:5"),
            ("!Join ['', !Ref Names]", "p: ab"),
            ("!Ref Logs", "p: /x//app"),
            ("!GetAtt Logs.Arn", "p: arn:%partition%:logs:%region%:%account%:log-group:/x//app:*"),
            ("!GetAtt [Logs, Arn]", "p: arn:%partition%:logs:%region%:%account%:log-group:/x//app:*"),
            ("!Sub '${Logs.Arn}'", "p: arn:%partition%:logs:%region%:%account%:log-group:/x//app:*"),
            ("!If [Is, yes it is, no]", "p: yes it is"),
            ("!If [Not, a, !Select [1, !Split [',', 'x,y']]]", "p: y"),
            ("!FindInMap [M, one, two]", "p: found"),
        ] {
            assert_eq!(shown(&with_resource(resource), &[]), [expected], "{resource}");
        }
        assert_eq!(shown(&with_resource("!Ref Open"), &[("Open", "given")]), ["p: given"]);
        assert_eq!(shown(&with_resource("!Ref 'AWS::StackName'"), &[("AWS::StackName", "s")]), ["p: s"]);
    }

    #[test]
    fn what_only_the_stack_knows_is_said_with_its_place() {
        for (resource, words) in [
            ("!Ref Open", "--parameter Open=VALUE"),
            ("!Ref Ssm", "--parameter Ssm=VALUE"),
            ("!Ref 'AWS::StackName'", "--parameter AWS::StackName=VALUE"),
            ("!GetAtt Bucket.Arn", "Bucket.Arn is known to the stack only"),
            ("!Ref Bucket", "the resource Bucket"),
            ("!Ref Nothing", "no parameter and no resource Nothing"),
            ("!ImportValue x", "Fn::ImportValue is known to the stack only"),
            ("!Ref Made", "gets its name from the stack"),
            ("!Ref Self", "leads back to itself"),
            ("!If [Loop, a, b]", "leads back to itself"),
            ("!If [Where, a, b]", "depends on the target"),
            ("!Select [7, [a]]", "chooses nothing"),
            ("!FindInMap [M, !Ref 'AWS::Region', two]", "depends on the target"),
            ("!Ref Names", "a string is expected"),
            ("[a]", "a string is expected"),
        ] {
            let found = shown(&with_resource(resource), &[]);
            let at =
                found[0].split_once(" at ").and_then(|(_, rest)| rest.split_once(':')).map(|(line, _)| line);
            assert!(found[0].contains(words) && at != Some("0") && found.len() == 1, "{resource}: {found:?}");
        }
    }

    #[test]
    fn json_texts_maps_and_conditions() {
        let template = r#"{"Conditions":{"No":{"Fn::Equals":["a","b"]}},"Resources":{
            "A":{"Type":"AWS::Logs::ResourcePolicy","Properties":{"PolicyName":{"Fn::Sub":"n-${AWS::Region}"},
                "PolicyDocument":{"Fn::Join":["",["{\"Resource\":\"",{"Ref":"AWS::AccountId"},"\"}"]]}}},
            "B":{"Type":"AWS::Logs::ResourcePolicy","Properties":{"PolicyName":"b",
                "PolicyDocument":{"Fn::ToJsonString":{"Resource":{"Ref":"AWS::Region"},"No":{"Ref":"AWS::NoValue"}}}}},
            "C":{"Type":"AWS::Logs::ResourcePolicy","Properties":{"PolicyName":"c","PolicyDocument":{"Resource":"x"}}},
            "D":{"Type":"AWS::Logs::ResourcePolicy","Condition":"No","Properties":{}},
            "E":{"Type":"AWS::Logs::ResourcePolicy","Properties":{"PolicyName":"e","PolicyDocument":"{"}},
            "F":{"Type":"AWS::Logs::ResourcePolicy"},
            "Fn::ForEach::G":["x",[],{}]}}"#;
        let found = shown(template, &[]);
        assert_eq!(found[..3], ["n-%region%: %account%", "b: %region%", "c: x"]);
        assert!(found[3].contains("E at 8: its PolicyDocument cannot be read"), "{found:?}");
        assert!(found[4].contains("F at 9: it has no Properties"), "{found:?}");
        assert!(found[5].contains("a loop over resources"), "{found:?}");
    }

    #[test]
    fn what_is_no_template_says_so() {
        assert!(matches!(read("a: [", &[]), Err(CloudFormationError::Unreadable(_))));
        assert!(matches!(read("a: !!str x", &[]), Err(CloudFormationError::Unreadable(_))));
        assert!(matches!(read("", &[]), Err(CloudFormationError::NoResources)));
        assert!(matches!(read("version: 1", &[]), Err(CloudFormationError::NoResources)));
        let unknown = read(&with_resource("x"), &[("Nope", "x")]);
        assert!(matches!(unknown, Err(CloudFormationError::UnknownParameter(name)) if name == "Nope"));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut template = String::from(
            "Resources:\n  G0: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: aaaaaaaaaa } }\n",
        );
        for number in 1..20 {
            let before = format!("${{G{}}}", number - 1).repeat(10);
            template.push_str(&format!(
                "  G{number}: {{ Type: 'AWS::Logs::LogGroup', Properties: {{ LogGroupName: !Sub '{before}' }} }}\n"
            ));
        }
        template.push_str("  P: { Type: 'AWS::Logs::ResourcePolicy', Properties: { PolicyName: !Ref G19, PolicyDocument: x } }\n");
        let found = shown(&template, &[]);
        assert!(found[0].contains("come to too much"), "{found:?}");
    }

    #[test]
    fn a_template_with_very_many_parameters_is_read_in_time() {
        let number = 20_000;
        let parameters: String =
            (0..number).map(|number| format!("  p{number}: {{ Type: String, Default: x }}\n")).collect();
        let references: String =
            (0..number).map(|_| format!("          - {{ Ref: p{} }}\n", number - 1)).collect();
        let text = format!(
            "Parameters:\n{parameters}Resources:\n  P:\n    Type: {KIND}\n    Properties:\n      PolicyName: p\n      \
             PolicyDocument:\n        List:\n{references}"
        );
        let found = read(&text, &[]).expect("a template");
        let Node::Object(members) = &found.policies[0].document else { panic!("no document") };
        assert!(matches!(&members[0].1, Node::Array(items) if items.len() == number));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn any_value_is_resolved_or_not(
            resource in r#"(!Ref |!Sub |!Join |!If |!Select |!Split |!GetAtt |!FindInMap |\[|\]|\{|\}|, |: |'|"|Group|Names|Logs|Is|M|one|two|Arn|\.|\$\{|AWS::Region|Fn::Sub|Ref|[ -~]){0,24}"#
        ) {
            let _ = read(&with_resource(&resource), &[]);
        }
    }
}
