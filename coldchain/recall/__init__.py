"""Recalls: announce → match → trace → sweep → reconcile → close (R9).

Announcing locks everywhere in the same request and says what is not known; every figure of a report is computed from
rows as of a time; a site has one task per recall; versions are kept.
"""
