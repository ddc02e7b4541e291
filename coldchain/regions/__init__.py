"""The GB/T 2260 tree and the offices below the district."""
