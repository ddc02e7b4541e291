"""What officers see on site: resolving a code, findings and seals of sweeps, visits with findings, decisions.

A finding of a sweep records facts; it is never changed, a later one of the same task supersedes it in the figures.
Sealing needs no clear gate and no identity: nothing missing ever blocks an officer's hand (R12). A finding of a visit
(问题) is put right and looked at again; only an officer's decision makes it a violation (R14).
"""
