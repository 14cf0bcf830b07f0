"""The chapters of a lot report: each turns a graded lot's arrays into blocks of text, figures and tables."""
