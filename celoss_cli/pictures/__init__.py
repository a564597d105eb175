"""Pictures of results: the page that celoss report writes, and the charts on it."""
