"""The audit trail: who did what and when, as a hash chain written in the transaction of each change."""
