//! What an import says when it is done.

use crate::report::{
    Imported, ImportedPolicy, ImportedTarget, counted, diagnostics_text, import_json, import_text,
};

use crate::store::write_public;

use super::super::arguments::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::Import;
use super::arguments::SourceKind;
use super::draft::Settled;
use super::look::Seen;
use super::place::Output;

impl Import<'_> {
    /// Shows what was taken in and what was not, and says how the command ends.
    pub(super) fn show(
        &self,
        settled: &Settled,
        seen: Vec<Seen>,
        files: Vec<String>,
    ) -> Result<Exit, Failure> {
        let streams = self.streams;
        let removed = self.origin.as_ref().and_then(|origin| origin.removed(&seen));
        let unplaced = self.origin.as_ref().map(|origin| origin.unplaced.clone()).unwrap_or_default();
        let is_unusable =
            !unplaced.is_empty() || seen.iter().any(|seen| seen.left_out.values().any(|why| why.is_unusable));
        let targets = seen.into_iter().map(imported_target).collect();
        let imported = Imported { targets, unplaced, files, removed };
        streams.report(&import_text(&imported));
        if !settled.findings.is_empty() {
            streams.report(&diagnostics_text(&settled.findings, &settled.loaded.sources, streams.layout()));
        }
        if !imported.files.is_empty() {
            streams.say(&self.next(&imported));
        }
        self.let_go(&imported)?;
        match (self.arguments.format, &self.place.output) {
            (Format::Json, _) => streams.data(&import_json(&imported))?,
            (Format::Text, Output::Stdout) => {
                settled.texts.iter().try_for_each(|written| streams.data(&written.text))?;
            }
            (Format::Text, _) => {}
        }
        let nothing = imported.count() == 0 && is_unusable;
        let is_wrong = nothing || !settled.findings.is_empty();
        Ok(if is_wrong { Exit::Findings } else { Exit::Done })
    }

    /// How the other tool lets go of what was imported.
    fn let_go(&self, imported: &Imported) -> Result<(), Failure> {
        let (streams, removed) = (self.streams, imported.removed.as_deref().unwrap_or_default());
        match &self.arguments.removed {
            Some(path) => {
                write_public(path, removed, self.arguments.force, "writing the removed blocks")?;
                streams.say(&format!("Wrote Terraform's `removed` blocks to {}\n", path.display()));
            }
            None if !removed.is_empty() => streams.report(&format!("\n{removed}")),
            None => {}
        }
        if self.origin.as_ref().is_some_and(|origin| origin.kind == SourceKind::Cloudformation)
            && imported.count() > 0
        {
            streams.say(
                "CloudFormation lets go without deleting where `DeletionPolicy: Retain` is deployed first; then take the \
                 resources out of the template.\n",
            );
        }
        Ok(())
    }

    fn next(&self, imported: &Imported) -> String {
        let (count, recorded) = (imported.count(), imported.recorded());
        let number = |number: usize| counted(number, "policy");
        let mut text = format!("Wrote {} with {}", imported.files.join(", "), number(count));
        if self.records() {
            text.push_str(&format!(
                "; {} recorded as ours",
                if recorded == count { "all".to_owned() } else { number(recorded) }
            ));
        }
        let mut policies = imported.targets.iter().flat_map(|target| target.policies.values());
        let differs = policies.any(|policy| policy.differs.is_some());
        let is_ours = self.world.store.is_none() || recorded == count;
        // What was left out would go.
        let rest_stays = !self.world.desired.unmanaged.delete;
        let promise = if is_ours && !differs && rest_stays {
            "See that nothing changes"
        } else {
            "See what is left to do"
        };
        text + &format!(". {promise} with: logpolicy {}plan\n", self.place.next_files())
    }
}

fn imported_target(seen: Seen) -> ImportedTarget {
    let Seen { target, gathered: _, taken, left_out, named, failure } = seen;
    let document = |taken: &super::look::Taken| taken.document.at(&target).to_string();
    let policies = taken.into_iter().map(|(key, taken)| {
        let document = document(&taken);
        let super::look::Taken { document: _, origin, differs, findings, is_recorded } = taken;
        let findings = findings.into_iter().collect();
        (key, ImportedPolicy { document, origin, findings, differs, is_recorded })
    });
    ImportedTarget {
        policies: policies.collect(),
        left_out: left_out.into_iter().map(|(key, why)| (key, why.because)).collect(),
        named,
        error: failure.map(|failure| failure.sentence()),
        target: target.clone(),
    }
}
