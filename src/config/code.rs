//! The codes of what the reader finds (LP101–LP119).

use crate::model::Code;

pub(super) const SYNTAX: Code = Code("LP101");
pub(super) const UNKNOWN_FIELD: Code = Code("LP102");
pub(super) const MISSING_FIELD: Code = Code("LP103");
pub(super) const TYPE: Code = Code("LP104");
pub(super) const DUPLICATE: Code = Code("LP105");
pub(super) const SAME_ADDRESS: Code = Code("LP106");
pub(super) const UNKNOWN_VARIABLE: Code = Code("LP107");
pub(super) const UNKNOWN_TARGET: Code = Code("LP108");
pub(super) const DOCUMENT_FILE: Code = Code("LP109");
pub(super) const TOO_LARGE: Code = Code("LP110");
pub(super) const ACCESS_TEST: Code = Code("LP111");
