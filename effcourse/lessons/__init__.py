"""What makes a chapter's own figures, tables and verdicts, one module a chapter; what several share lives in the other
rooms.

A chapter shows a block, a count, an experiment; how these become a picture or a sentence is no part of its subject.
Functions here take what the chapter has computed and return what it shows (``Shown``, a figure or a sentence).
"""
