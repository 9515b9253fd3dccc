//! CloudFormation's functions, as far as a template alone can tell what they come to.
//!
//! What only the target knows (account, Region, partition) stays a variable; what only the stack knows is unresolved, with
//! its place. Work and text are bounded: a template is untrusted.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::config::{SourceEntry, SourceKind, SourceNode, plain_json};
use crate::model::{Node, Segment, SourceSpan, Template};

use super::embedded::json_text;

/// The most bytes and steps that one template may take.
const MOST_WORK: usize = 16 * 1024 * 1024;

/// The deepest that functions, conditions and names of log groups may lead into each other.
const MOST_DEPTH: usize = 100;

/// What a value is not known from, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Unresolved {
    pub(super) span: SourceSpan,
    pub(super) because: String,
}

/// A value; nothing for `AWS::NoValue`.
pub(super) type Value = Result<Option<Node>, Unresolved>;

/// A template and what its parameters are given.
pub(super) struct Stack<'a> {
    /// The members of the sections, by section and name: a template may have very many.
    declared: BTreeMap<(&'a str, &'a str), &'a SourceNode>,
    given: &'a BTreeMap<String, String>,
    url_suffix: Option<&'a str>,
    work: Cell<usize>,
    depth: Cell<usize>,
}

/// The members of a map; of anything else none.
fn entries(node: &SourceNode) -> &[SourceEntry] {
    match &node.kind {
        SourceKind::Map(entries) => entries,
        SourceKind::Scalar { .. } | SourceKind::List(_) => &[],
    }
}

/// The value of a member.
pub(super) fn member<'n>(node: &'n SourceNode, key: &str) -> Option<&'n SourceNode> {
    entries(node).iter().find(|entry| entry.key == key).map(|entry| &*entry.value)
}

/// The text of a scalar.
pub(super) fn scalar(node: &SourceNode) -> Option<&str> {
    match &node.kind {
        SourceKind::Scalar { text, .. } => Some(text),
        SourceKind::List(_) | SourceKind::Map(_) => None,
    }
}

pub(super) fn unresolved<T>(node: &SourceNode, because: impl Into<String>) -> Result<T, Unresolved> {
    Err(Unresolved { span: node.span, because: because.into() })
}

impl<'a> Stack<'a> {
    pub(super) fn new(
        root: &'a SourceNode,
        given: &'a BTreeMap<String, String>,
        url_suffix: Option<&'a str>,
    ) -> Self {
        let sections = entries(root).iter().flat_map(|section| {
            let name = section.key.as_str();
            entries(&section.value).iter().map(move |entry| ((name, entry.key.as_str()), &*entry.value))
        });
        let declared = sections.collect();
        Self { declared, given, url_suffix, work: Cell::new(0), depth: Cell::new(0) }
    }

    /// A member of a section, such as the parameter of a name.
    pub(super) fn declared(&self, section: &str, name: &str) -> Option<&'a SourceNode> {
        self.declared.get(&(section, name)).copied()
    }

    /// What a node comes to.
    pub(super) fn value(&self, node: &SourceNode) -> Value {
        self.deeper(node, || match &node.kind {
            SourceKind::Scalar { text, .. } => {
                self.spend(node, text.len())?;
                Ok(Some(plain_json(node).map_or_else(|| Node::Text(Template::text(text)), Node::Plain)))
            }
            SourceKind::List(items) => {
                let values = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>()?;
                Ok(Some(Node::Array(values.into_iter().flatten().collect())))
            }
            SourceKind::Map(entries) => {
                if let [entry] = &entries[..]
                    && (entry.key == "Ref" || entry.key.starts_with("Fn::"))
                {
                    return self.call(&entry.key, &entry.value);
                }
                let mut members = Vec::new();
                for entry in entries {
                    let value = self.value(&entry.value)?;
                    members.extend(value.map(|value| (entry.key.clone(), value)));
                }
                Ok(Some(Node::Object(members)))
            }
        })
    }

    /// A string; numbers and booleans are their text.
    pub(super) fn text(&self, node: &SourceNode) -> Result<Template, Unresolved> {
        match self.value(node)? {
            Some(Node::Text(template)) => Ok(template),
            Some(Node::Plain(json)) => Ok(Template::text(json.to_string())),
            _ => unresolved(node, "a string is expected here"),
        }
    }

    /// Runs one level deeper, and counts it.
    pub(super) fn deeper<T>(
        &self,
        node: &SourceNode,
        work: impl FnOnce() -> Result<T, Unresolved>,
    ) -> Result<T, Unresolved> {
        if self.depth.get() >= MOST_DEPTH {
            return unresolved(node, "it leads back to itself, or too deep");
        }
        self.spend(node, 1)?;
        self.depth.set(self.depth.get() + 1);
        let done = work();
        self.depth.set(self.depth.get() - 1);
        done
    }

    fn spend(&self, node: &SourceNode, work: usize) -> Result<(), Unresolved> {
        self.work.set(self.work.get().saturating_add(work));
        if self.work.get() > MOST_WORK {
            return unresolved(node, "the template's functions come to too much");
        }
        Ok(())
    }

    /// A text that was put together counts as work.
    fn joined(&self, node: &SourceNode, segments: Vec<Segment>) -> Value {
        let length = |segment: &Segment| match segment {
            Segment::Text(text) => text.len(),
            _ => 12,
        };
        self.spend(node, segments.iter().map(length).sum())?;
        Ok(Some(Node::Text(Template::new(segments))))
    }

    fn call(&self, function: &str, argument: &SourceNode) -> Value {
        match function {
            "Ref" => match scalar(argument) {
                Some(name) => self.reference(argument, name),
                None => unresolved(argument, "Ref needs a name"),
            },
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::If" => match self.list(argument)?[..] {
                [condition, yes, no] => match scalar(condition) {
                    Some(name) => self.value(if self.holds(condition, name)? { yes } else { no }),
                    None => unresolved(condition, "Fn::If needs the name of a condition"),
                },
                _ => unresolved(argument, "Fn::If needs a condition and two values"),
            },
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::ToJsonString" => match self.value(argument)? {
                Some(node) => self.joined(argument, json_text(&node)),
                None => Ok(None),
            },
            other => unresolved(argument, format!("{other} is known to the stack only")),
        }
    }

    /// The nodes of a list that is written as one.
    pub(super) fn list<'n>(&self, node: &'n SourceNode) -> Result<Vec<&'n SourceNode>, Unresolved> {
        match &node.kind {
            SourceKind::List(items) => Ok(items.iter().map(|item| &**item).collect()),
            _ => unresolved(node, "a list is expected here"),
        }
    }

    /// What a name stands for: a parameter, a pseudo parameter, a log group.
    fn reference(&self, node: &SourceNode, name: &str) -> Value {
        if let Some(value) = self.given.get(name) {
            return self.parameter_value(node, name, value);
        }
        let variable = |segment| Ok(Some(Node::Text(Template::new([segment]))));
        match name {
            "AWS::AccountId" => return variable(Segment::Account),
            "AWS::Region" => return variable(Segment::Region),
            "AWS::Partition" => return variable(Segment::Partition),
            "AWS::NoValue" => return Ok(None),
            "AWS::URLSuffix" => {
                if let Some(suffix) = self.url_suffix {
                    return Ok(Some(Node::Text(Template::text(suffix))));
                }
            }
            _ => {}
        }
        if name.starts_with("AWS::") {
            return unresolved(
                node,
                format!("{name} is known to the stack only: say it with --parameter {name}=VALUE"),
            );
        }
        if let Some(parameter) = self.declared("Parameters", name) {
            let kind = member(parameter, "Type").and_then(scalar).unwrap_or_default();
            let default = member(parameter, "Default").and_then(scalar);
            // The default of such a parameter is the name of a value, not the value.
            return match default.filter(|_| !kind.starts_with("AWS::SSM::")) {
                Some(value) => self.parameter_value(node, name, value),
                None => {
                    let because =
                        format!("the parameter {name} has no value: say it with --parameter {name}=VALUE");
                    unresolved(node, because)
                }
            };
        }
        match self.declared("Resources", name) {
            Some(resource) if is_log_group(resource) => {
                let name = self.log_group_name(node, name, resource)?;
                self.joined(node, name.segments().to_vec())
            }
            Some(_) => {
                unresolved(node, format!("what the resource {name} is called is known to the stack only"))
            }
            None => unresolved(node, format!("the template has no parameter and no resource {name}")),
        }
    }

    fn parameter_value(&self, node: &SourceNode, name: &str, value: &str) -> Value {
        let kind = self.declared("Parameters", name).and_then(|parameter| member(parameter, "Type"));
        let kind = kind.and_then(scalar).unwrap_or_default();
        self.spend(node, value.len())?;
        if kind != "CommaDelimitedList" && !kind.starts_with("List<") {
            return Ok(Some(Node::Text(Template::text(value))));
        }
        let items = value.split(',').map(|item| Node::Text(Template::text(item.trim())));
        Ok(Some(Node::Array(items.collect())))
    }

    fn log_group_name(
        &self,
        node: &SourceNode,
        logical: &str,
        resource: &SourceNode,
    ) -> Result<Template, Unresolved> {
        match member(resource, "Properties").and_then(|properties| member(properties, "LogGroupName")) {
            Some(name) => self.deeper(node, || self.text(name)),
            None => unresolved(node, format!("the log group {logical} gets its name from the stack")),
        }
    }

    /// The ARN of a log group; other attributes are the stack's.
    fn attribute(&self, argument: &SourceNode) -> Value {
        let name = match (&argument.kind, scalar(argument)) {
            (_, Some(name)) => name.to_owned(),
            (SourceKind::List(items), None) => {
                items.iter().filter_map(|item| scalar(item)).collect::<Vec<_>>().join(".")
            }
            _ => return unresolved(argument, "Fn::GetAtt needs a resource and an attribute"),
        };
        self.attribute_of(argument, &name)
    }

    fn attribute_of(&self, node: &SourceNode, name: &str) -> Value {
        let (logical, attribute) = name.split_once('.').unwrap_or((name, ""));
        match self.declared("Resources", logical) {
            Some(resource) if is_log_group(resource) && attribute == "Arn" => {
                let text = |text: &str| Segment::Text(text.to_owned());
                let mut segments = vec![text("arn:"), Segment::Partition, text(":logs:"), Segment::Region];
                segments.extend([text(":"), Segment::Account, text(":log-group:")]);
                segments.extend_from_slice(self.log_group_name(node, logical, resource)?.segments());
                segments.push(text(":*"));
                self.joined(node, segments)
            }
            Some(_) => unresolved(node, format!("{name} is known to the stack only")),
            None => unresolved(node, format!("the template has no resource {logical}")),
        }
    }

    /// `Fn::Sub`: a text with `${Name}`, alone or in a list with values of its own.
    fn sub(&self, argument: &SourceNode) -> Value {
        let (text, own) = match &argument.kind {
            SourceKind::List(items) => match &items[..] {
                [text, own] => (&**text, Some(&**own)),
                _ => return unresolved(argument, "Fn::Sub needs a text and a map"),
            },
            _ => (argument, None),
        };
        let Some(mut rest) = scalar(text) else { return unresolved(text, "Fn::Sub needs a text") };
        let mut segments = Vec::new();
        while let Some((before, from)) = rest.split_once("${") {
            segments.push(Segment::Text(before.to_owned()));
            let Some((name, after)) = from.split_once('}') else {
                segments.push(Segment::Text("${".to_owned()));
                rest = from;
                break;
            };
            rest = after;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                segments.push(Segment::Text(format!("${{{literal}}}")));
                continue;
            }
            let value = match own.and_then(|own| member(own, name)) {
                Some(value) => Some(Node::Text(self.text(value)?)),
                None if name.contains('.') => self.deeper(text, || self.attribute_of(text, name))?,
                None => self.deeper(text, || self.reference(text, name))?,
            };
            match value {
                Some(Node::Text(template)) => {
                    self.joined(text, template.segments().to_vec())?;
                    segments.extend_from_slice(template.segments());
                }
                _ => return unresolved(text, format!("{name} is no text")),
            }
        }
        segments.push(Segment::Text(rest.to_owned()));
        self.joined(text, segments)
    }

    fn join(&self, argument: &SourceNode) -> Value {
        let [delimiter, items] = self.list(argument)?[..] else {
            return unresolved(argument, "Fn::Join needs a delimiter and a list");
        };
        let delimiter = self.text(delimiter)?;
        let Some(Node::Array(items)) = self.value(items)? else {
            return unresolved(items, "Fn::Join needs a list");
        };
        let mut segments = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.joined(argument, delimiter.segments().to_vec())?;
                segments.extend_from_slice(delimiter.segments());
            }
            match item {
                Node::Text(template) => segments.extend_from_slice(template.segments()),
                Node::Plain(json) => segments.push(Segment::Text(json.to_string())),
                _ => return unresolved(argument, "Fn::Join joins texts only"),
            }
        }
        self.joined(argument, segments)
    }

    fn select(&self, argument: &SourceNode) -> Value {
        let [index, items] = self.list(argument)?[..] else {
            return unresolved(argument, "Fn::Select needs a number and a list");
        };
        let index = self.text(index)?;
        let number = index.fixed().and_then(|text| text.parse::<usize>().ok());
        match (number, self.value(items)?) {
            (Some(number), Some(Node::Array(items))) if number < items.len() => {
                Ok(items.into_iter().nth(number))
            }
            _ => unresolved(argument, "Fn::Select chooses nothing that is there"),
        }
    }

    fn split(&self, argument: &SourceNode) -> Value {
        let [delimiter, text] = self.list(argument)?[..] else {
            return unresolved(argument, "Fn::Split needs a delimiter and a text");
        };
        let (delimiter, source) = (self.text(delimiter)?, self.text(text)?);
        match (delimiter.fixed(), source.fixed()) {
            (Some(delimiter), Some(source)) if !delimiter.is_empty() => {
                self.spend(text, source.len())?;
                let items = source.split(delimiter).map(|item| Node::Text(Template::text(item)));
                Ok(Some(Node::Array(items.collect())))
            }
            _ => unresolved(text, "what is split depends on the target"),
        }
    }

    fn find_in_map(&self, argument: &SourceNode) -> Value {
        let names = self.list(argument)?.into_iter().take(3).map(|name| self.text(name));
        let names = names.collect::<Result<Vec<Template>, _>>()?;
        let fixed: Option<Vec<&str>> = names.iter().map(Template::fixed).collect();
        let Some([map, first, second]) = fixed.as_deref() else {
            return unresolved(argument, "what Fn::FindInMap looks up depends on the target");
        };
        let found = self.declared("Mappings", map).and_then(|map| member(member(map, first)?, second));
        match found {
            Some(value) => self.value(value),
            None => unresolved(argument, "Fn::FindInMap finds nothing there"),
        }
    }
}

fn is_log_group(resource: &SourceNode) -> bool {
    member(resource, "Type").and_then(scalar) == Some("AWS::Logs::LogGroup")
}
