"""Arrivals, batches, their evidence, disinfections, tubes and results; the gate's facts; the recalls' watch criteria.

Invariants: one set of papers per arrival serves its batches; a result belongs to its tube; facts are never changed,
a correction supersedes; a batch's identity survives every hand-over.
"""
