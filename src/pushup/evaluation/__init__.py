"""Models and counters measured on data sets: figures, tables, pictures."""
