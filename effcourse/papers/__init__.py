"""What was published, with its sources: figures and tables, training recipes, the comparison and its Pareto front."""
