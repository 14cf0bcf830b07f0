"""Files of a chain's tables: workbooks, folders of CSV and Parquet, templates; read and written."""

from corecar.formats.chain.reading import read_chain, sheets_of
from corecar.formats.chain.template import write_template
from corecar.formats.chain.writing import write_chain

__all__ = ["read_chain", "sheets_of", "write_chain", "write_template"]
