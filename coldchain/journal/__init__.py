"""Append-only log of every fact that an authority may rely on; RFC 6962 tree, signed checkpoints, personal commitments.

Invariants: an entry is written in the transaction of the rows it changes; leaves are dense and never change; a
checkpoint is signed only when it is consistent with the last one signed; persons appear only as salted commitments.
"""
