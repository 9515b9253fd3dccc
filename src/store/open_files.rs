//! How many files may be open: a local lock is an open file, and an apply holds one at each of its targets.

/// What a run opens beside its locks: connections, records, certificates.
const BESIDE: u64 = 128;

/// Raises the bound of this process as far as so many locks need it; a shell's usual 1,024 are too few for a fleet.
///
/// # Errors
/// The bound, where the system allows no more and that is too little.
#[cfg(unix)]
pub(super) fn make_room(locks: usize) -> Result<(), u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::try_from(locks).unwrap_or(u64::MAX).saturating_add(BESIDE);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let is_enough = |bound: Option<u64>| bound.is_none_or(|bound| bound >= wanted);
    let raised = Rlimit { current: maximum, maximum };
    if is_enough(current) || (is_enough(maximum) && setrlimit(Resource::Nofile, raised).is_ok()) {
        return Ok(());
    }
    Err(maximum.or(current).unwrap_or_default())
}

/// Other systems have no such bound.
#[cfg(not(unix))]
pub(super) fn make_room(_locks: usize) -> Result<(), u64> {
    Ok(())
}
