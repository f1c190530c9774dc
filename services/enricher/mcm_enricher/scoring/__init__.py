"""The risk score of a finding: signals, their weights, and the facts they read."""
