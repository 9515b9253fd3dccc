//! How much fits.

/// The limits of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Account policies per account and Region: ten, a quota that AWS does not raise
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
    pub account_policies: usize,
    /// Bytes of one document: 51,200 (PutResourcePolicy, API reference).
    pub document_bytes: usize,
    /// Bytes above which a document is worth a warning: 5,120, the limit before 2026.
    pub warn_document_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { account_policies: 10, document_bytes: 51_200, warn_document_bytes: 5_120 }
    }
}
