"""The pages of a served workspace: each a thin translation of verbs, in English and Chinese, light and dark."""
