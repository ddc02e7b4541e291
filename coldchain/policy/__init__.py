"""The rule book as versioned data, and the pure engine: facts → verdict (R1, R5, R7)."""
