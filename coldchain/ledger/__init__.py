"""Double-entry postings per batch, the holdings they add up to, and the holds that block them.

Keyed by batch; knows no facts about batches. Invariants: the postings of a movement sum to zero; a custody holding is
never negative and never held beyond its quantity; what was posted is never changed, only corrected by a new movement.
"""
