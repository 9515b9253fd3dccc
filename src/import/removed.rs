//! Terraform's `removed` blocks: the state lets go of a resource, and nothing is destroyed.

use std::collections::BTreeSet;

/// The address of a resource without the keys of its instances: the form that `removed` takes
/// (<https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block(String);

impl Block {
    /// The resource of an address such as `module.a["x"].aws_y.n[0]`; nothing where it is no such address.
    pub(super) fn of(address: &str) -> Option<Self> {
        let mut bare = String::with_capacity(address.len());
        let mut letters = address.chars();
        while let Some(letter) = letters.next() {
            if letter == '[' { skip_key(&mut letters)? } else { bare.push(letter) }
        }
        let is_name = |name: &str| {
            name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
                && name.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
        };
        let parts: Vec<&str> = bare.split('.').collect();
        let modules = parts.len().checked_sub(2)?;
        let are_modules = parts[..modules].chunks(2).all(|pair| pair.len() == 2 && pair[0] == "module");
        (are_modules && parts.iter().all(|part| is_name(part))).then_some(Self(bare))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads over an instance's key, up to its `]`; a quoted key may hold anything.
fn skip_key(letters: &mut std::str::Chars<'_>) -> Option<()> {
    let mut is_quoted = false;
    loop {
        match letters.next()? {
            '\\' if is_quoted => drop(letters.next()?),
            '"' => is_quoted = !is_quoted,
            ']' if !is_quoted => return Some(()),
            _ => {}
        }
    }
}

/// A `removed` block for each resource, under a comment that says what to do with them. A resource that also holds
/// something that was not taken over is named and keeps its place: letting go takes all its instances.
pub fn removed_blocks(taken: &BTreeSet<Block>, kept: &BTreeSet<Block>) -> String {
    let mut text = String::new();
    let free: Vec<&Block> = taken.difference(kept).collect();
    if !free.is_empty() {
        text.push_str(
            "# Terraform and OpenTofu (1.7 or later) let go of these without destroying them: take their resource blocks\n\
             # out, put these in, and apply.\n",
        );
    }
    for block in free {
        let address = block.as_str();
        text.push_str(&format!(
            "removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n\n"
        ));
    }
    for block in taken.intersection(kept) {
        let address = block.as_str();
        text.push_str(&format!(
            "# {address} also holds policies that were not imported, and stays with Terraform.\n"
        ));
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_instances_are_left_out() {
        for (address, block) in [
            ("aws_x.n", Some("aws_x.n")),
            ("aws_x.n[0]", Some("aws_x.n")),
            (r#"module.a["x.y]\"[z"].module.b[1].aws_x.n["k"]"#, Some("module.a.module.b.aws_x.n")),
            ("module.a.aws_x", None),
            ("aws_x", None),
            ("", None),
            ("aws_x.n[\"open", None),
            ("aws_x.n }\nprovider \"x\" {", None),
            ("other.a.aws_x.n", None),
        ] {
            assert_eq!(Block::of(address).as_ref().map(Block::as_str), block, "{address}");
        }
    }

    #[test]
    fn a_resource_with_other_instances_stays() {
        let block = |address| Block::of(address).expect("an address");
        let taken = BTreeSet::from([block("aws_x.b"), block("aws_x.a")]);
        let text = removed_blocks(&taken, &BTreeSet::from([block("aws_x.b"), block("aws_x.c")]));
        assert!(text.contains("from = aws_x.a\n") && text.contains("# aws_x.b also holds"), "{text}");
        assert!(!text.contains("from = aws_x.b") && !text.contains("aws_x.c"), "{text}");
        assert_eq!(removed_blocks(&BTreeSet::new(), &taken), "");
    }
}
