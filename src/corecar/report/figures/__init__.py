"""Drawings as SVG text that serve the PDF and the HTML alike."""
