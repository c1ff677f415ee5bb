"""What pages share: charts, tables, controls, and the words around numbers."""
