"""What every room stands on: database, errors, fields, clock, limits, languages, jobs. No word of the domain."""
