"""The workspace on disk or on servers: a catalogue of facts, a lake of columns, the sources as they came."""
