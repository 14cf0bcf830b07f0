"""A CSV of events with a known story, for tests of the verbs."""

from __future__ import annotations

from pathlib import Path

HEADER = "event,at,kind,role,class,id,places,quantity\n"
STORY = """\
E1,2026-03-02T08:00:00Z,create,out,wafer,W1,"0,0..9,9",80
E1,2026-03-02T08:00:00Z,create,with,place,Demo Fab,,
E2,2026-03-03T08:00:00Z,create,out,wafer,W2,"0,0..9,9",80
T1,2026-03-04T08:00:00Z,test,in,wafer,W1,,
T1,2026-03-04T08:00:00Z,test,with,test_program,P7 rev B,,
T1,2026-03-04T08:00:00Z,test,with,equipment,PROBER-2,,
E3,2026-03-05T08:00:00Z,transform,in,wafer,W1,"0,0..9,4",50
E3,2026-03-05T08:00:00Z,transform,out,strip,S1,1..50,50
E3,2026-03-05T08:00:00Z,transform,with,equipment,BOND-3,,
E3,2026-03-05T08:00:00Z,transform,with,batch,WIRE-9,,
E4,2026-03-06T08:00:00Z,transform,in,wafer,W2,"0,0..9,4",50
E4,2026-03-06T08:00:00Z,transform,out,strip,S2,1..50,50
E5,2026-03-07T08:00:00Z,pack,in,strip,S1,1..40,40
E5,2026-03-07T08:00:00Z,pack,out,reel,R1,1..40,40
E6,2026-03-08T08:00:00Z,merge,in,strip,S1,,10
E6,2026-03-08T08:00:00Z,merge,in,strip,S2,,50
E6,2026-03-08T08:00:00Z,merge,out,lot,REST,,60
E7,2026-03-09T08:00:00Z,ship,in,reel,R1,,
E7,2026-03-09T08:00:00Z,ship,with,party,Demo Tier,,
E8,2026-03-10T08:00:00Z,mount,in,reel,R1,17,
E8,2026-03-10T08:00:00Z,mount,out,ecu,K1,U1,1
E9,2026-03-11T08:00:00Z,install,in,ecu,K1,,
E9,2026-03-11T08:00:00Z,install,out,vehicle,VIN1,brake,1
"""

TESTED = """\
A1,2026-03-01T08:00:00Z,create,out,wafer,SIM00001-W01,"1,1..9,9",60
A2,2026-03-02T08:00:00Z,transform,in,wafer,SIM00001-W01,"1,1..9,4",36
A2,2026-03-02T08:00:00Z,transform,out,strip,S1,"1,1..9,4",36
A2,2026-03-02T08:00:00Z,transform,with,equipment,BOND-3,,
A2,2026-03-02T08:00:00Z,transform,with,batch,WIRE-9,,
A3,2026-03-03T08:00:00Z,pack,in,strip,S1,"1,1..9,4",36
A3,2026-03-03T08:00:00Z,pack,out,reel,R1,1..36,36
A4,2026-03-04T08:00:00Z,ship,in,reel,R1,,
A4,2026-03-04T08:00:00Z,ship,with,party,Demo Tier,,
A5,2026-03-05T08:00:00Z,mount,in,reel,R1,6,
A5,2026-03-05T08:00:00Z,mount,out,ecu,K1,U1,1
"""
"""The way of a wafer of the lot that `small_lot` makes."""


def story(folder: Path, name: str = "events.csv", *, of: str = STORY) -> Path:
    """The story, or other rows, as a file."""
    path = folder / name
    path.write_text(HEADER + of, encoding="utf-8")
    return path


def rows(start: str) -> str:
    """The rows of events whose id begins so."""
    return "".join(line + "\n" for line in STORY.splitlines() if line.split(",")[0] in start.split())
