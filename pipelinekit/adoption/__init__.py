"""How far a project and its team have come: points with evidence, a grade, and the next steps."""
