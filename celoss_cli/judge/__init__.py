"""What is held against a result: limits, baselines, findings."""
