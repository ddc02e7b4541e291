"""Who acts: users, sessions, tokens, assignments; one table of rights gives `may` and `visible`."""
