"""Pictures of losses: those of celoss plot, and the page of celoss report with its charts."""
