"""From landing to the mart: what is measured and judged once, when it is published."""
