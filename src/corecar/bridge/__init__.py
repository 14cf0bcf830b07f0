"""The verbs: files, folders, clocks and progress around the pure steps. The command line and `corecar.grade` come here.

verb                         module
---------------------------  ---------------
grade                        grading: reads, screens, and hands over to the four below
                             truth: verdicts beside what a simulator planted
                             deliverables: the folder, moved into place at the end
                             rebinning: the STDF files again, with the new bins
                             wafer_maps: SEMI G85 before and after
info, tests, parts,          inspection
results, records
convert                      conversion
anonymise, relimit, repair   editing
demo                         demonstration

Verbs that are one step alone have no module here: recipes are read by `corecar.screen`, mappings of datalogs
proposed by `corecar.formats.datalog`, lots simulated by `corecar.simulate`.
"""
