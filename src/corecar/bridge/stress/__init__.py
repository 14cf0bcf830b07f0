"""What stops do to the chain, and how strong it is.

stress              stressing, stress_outputs
chain strength      strength over chain_states
"""
