"""What several features read or serve: findings by id, the rule catalogue, figures, the broker."""
