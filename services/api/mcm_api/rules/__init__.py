"""The rule catalogue: rules, and the findings of each."""
