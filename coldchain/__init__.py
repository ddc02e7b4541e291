"""Coldchain: a traceability ledger for cold-chain food."""
