"""Compiled rules as values: rules, correlations, series, rulesets."""
