"""Intended and reported movements between businesses: a gate's verdict and a lock check, then the ledger.

Two-phase hand-over: dispatch posts into transit; confirming posts to the buyer, rejecting posts back.
"""
