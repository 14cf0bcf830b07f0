"""STDF V4 and V4-2007, read and written. The modules in reading order; each part stands on those before it.

The standard as rows
    rows, codes          records and their fields; the types of fields
    plans                the same rows as numbers for compiled loops
    variants             typed values of a GDR as text

Compiled ground
    loads                numbers at any address, in either byte order
    chain, footing       whether one record follows another, and where they do again after damage
    memory               memory that is given back at once

Records as tables, without loss
    locate, texts        where each field lies; text fields as Arrow text
    columns              many records of one type as columns
    records              a file as tables, one a record type
    vax                  numbers of a VAX found, and turned into IEEE form
    place, encode        fields back to bytes: of whole columns, of one record
    writer               those tables as a file again, byte for byte

A lot in one pass
    layout, kernel_state the tables of the hot kernel, and what it says to Python
    lengths              whether a REC_LEN fits the fields of its record
    chunks               where the kernel puts readings
    test_rows, scan      which test a record is about; the kernel itself
    scanner, halves      the kernel driven over one stream; two cores for one file
    picks                some fields of a few records as lists
    cold, remarks        what is not hot: summaries and descriptions; free texts
    runs, parts          streams as runs; who the parts are
    pins, naming         what pins are called; which tests there are
    marks                what must not be forgotten of a file, whatever it is turned into
    choosing             which streams count, each testing once, and in which order
    own_limits           limits that a part was held against and that are not its test's
    sorting, joining     readings by test and part; all of it as one lot

One file from another
    amend                tables of records changed and put back
    wafer_spans          which parts a wafer has
    bin_counts           counts after parts changed their bins
    part_records, rebin  parts moved to other bins, the rest byte for byte the same
    new_limits, rejudge  limits from a CSV file; results held against them
    recount, relimit     the tables with those counts; the whole verb
    anonymise            a copy that can be shared
    repair               a file that broke off is closed
"""
