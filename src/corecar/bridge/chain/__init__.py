"""The tables of the chain in a workspace.

chain import           chain_intake
chain tables, export   chain_tables
(below others)         kept_chains: each version of a table one immutable file
"""
