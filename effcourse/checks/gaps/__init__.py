"""The gaps of the chapters, one file a chapter: `filling.py` says how a chapter uses them."""
