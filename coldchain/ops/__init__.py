"""Running the program: command line, supervisor, worker, health, migrations, demonstration data."""
