"""What officers see on site: resolving a code, visits and findings, seals.

A finding records facts; it is never changed, a later one of the same task supersedes it in the figures. Sealing needs
no clear gate and no identity: nothing missing ever blocks an officer's hand (R12).
"""
