"""One box for everything: batches, businesses, products, producers, documents, codes, recalls.

All terms must match. What the reader may not see is not found: each kind's scope is part of its own query.
"""
