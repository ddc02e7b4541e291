"""Businesses (one card each), venues, sites, zones, producers and products.

Invariants: one row per USCC; a provisional business has a temporary number instead; a catalogue entry is found again by
its identity, never by a typed name alone.
"""
