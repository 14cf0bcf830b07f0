"""Lots graded and drawn: of files, or of the sources that a workspace kept.

grade                  grading: reads, screens, hands over to the four below; lot_grading: of a workspace
                       truth: verdicts beside what a simulator planted
                       deliverables: the folder, moved into place at the end; graded_tables, _rows, _workbook
                       rebinning: the STDF files again, with the new bins
                       wafer_maps: SEMI G85 before and after
draw                   drawing, lot_drawing
composite              composites, lot_composites, edge_exclusion
recipe compare, whatif recipe_comparison, whatif
"""
