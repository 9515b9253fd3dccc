//! `--shard K/N`: a part of the targets that is the same on every machine.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::model::Target;
use crate::plan::{Plan, TargetResult};
use crate::policy::Fingerprint;
use crate::report::{Coverage, Part};

use super::exit::Exit;

/// One of so many parts, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    number: u64,
    of: u64,
}

/// More parts than anybody has machines.
const MOST_SHARDS: u64 = 10_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("a shard is K/N with K from 1 to N, such as 2/5, and N is at most {MOST_SHARDS}");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let shard =
            Self { number: number.parse().map_err(|_| wrong())?, of: of.parse().map_err(|_| wrong())? };
        let is_one = (1..=MOST_SHARDS).contains(&shard.of) && (1..=shard.of).contains(&shard.number);
        if is_one { Ok(shard) } else { Err(wrong()) }
    }
}

impl Display for Shard {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Whether a target belongs to this part. That depends on nothing but its name: a target that comes or goes moves no other,
    /// and each belongs to one part.
    ///
    /// It is the first 64 bits of the SHA-256 of `account/region`, modulo the number of parts, that tell.
    pub(super) fn holds(self, target: &Target) -> bool {
        let digest = Fingerprint::of(target.to_string().as_bytes());
        let digits = digest.as_str().trim_start_matches("sha256:").get(..16).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default() % self.of == self.number - 1
    }
}

/// What a report is about that ends like this.
pub(super) fn covered(shard: Option<Shard>, exit: Exit) -> Coverage {
    let part = |Shard { number, of }: Shard| Part {
        number,
        of,
        exit_code: exit.number(),
        ours_since: BTreeMap::new(),
    };
    Coverage { shard: shard.map(part), missing_shards: Vec::new() }
}

/// What a report of plans is about that ends like this.
pub(super) fn covered_plans(shard: Option<Shard>, exit: Exit, results: &[TargetResult]) -> Coverage {
    let mut coverage = covered(shard, exit);
    if let Some(part) = &mut coverage.shard {
        let plans = results.iter().filter_map(|result| result.plan.as_ref().ok());
        part.ours_since = plans.flat_map(Plan::ours_since).collect();
    }
    coverage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/3", "4/3", "-1/3", "1/0", "1/x", "1/2/3", "1/10001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, of: 3 }));
    }

    #[test]
    fn every_target_belongs_to_one_shard_and_they_are_about_as_large() {
        let mut sizes = [0; 7];
        for number in 0..1_400 {
            let target: Target = format!("{number:012}/eu-west-1").parse().expect("a target");
            let holders: Vec<usize> = (0..7)
                .filter(|part| Shard { number: part + 1, of: 7 }.holds(&target))
                .map(|part| part as usize)
                .collect();
            assert_eq!(holders.len(), 1, "{target}");
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (150..250).contains(size)), "{sizes:?}");
    }

    /// Schedulers rely on it: another version must not deal the targets anew while some parts run.
    #[test]
    fn the_parts_never_change() {
        let found: Vec<u64> = ["111122223333/us-east-1", "111122223333/eu-west-1", "999999999999/ap-south-2"]
            .into_iter()
            .map(|text| {
                let target: Target = text.parse().expect("a target");
                (1..=1_000)
                    .find(|number| Shard { number: *number, of: 1_000 }.holds(&target))
                    .unwrap_or_default()
            })
            .collect();
        assert_eq!(found, FIXED);
    }

    const FIXED: [u64; 3] = [694, 307, 374];
}
