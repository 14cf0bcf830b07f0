"""A lot of the workspace: its runs, what people decided of it, its overrides.

hold ... scrap   lot_decisions over lot_histories
override ...     overrides over kept_overrides, override_checks; named_parts
(below others)   run_rows reads the lake for some runs, left_out and resolved_lots say which count and how,
                 kept_lots reads a lot again from its sources
"""
