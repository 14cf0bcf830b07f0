"""What the parties of a chain agree on: the terms of memoranda, their life, their text and its signatures."""

from corecar.agree.terms import Terms, terms_hash, terms_in, terms_json, terms_schema

__all__ = ["Terms", "terms_hash", "terms_in", "terms_json", "terms_schema"]
