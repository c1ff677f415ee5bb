"""From the mart to tables: one module for each question that a page asks."""
