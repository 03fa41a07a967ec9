"""One file an exercise: its cases, and its known mistakes with the sentence that each gets."""
