"""Files that no workspace holds: looked at, converted, edited.

info, tests, parts, results, records   inspection
convert                                conversion
anonymise, relimit, repair             editing
map show, map convert, map compare     maps
recipe new                             recipe_files
(what grading takes besides tester files) earlier_lots, ink_maps
"""
