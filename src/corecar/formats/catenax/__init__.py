"""Catena-X messages: demand, capacity, stock, output, deliveries, disruptions, into tables of the chain and out."""

from corecar.formats.catenax.building import built_messages, write_messages
from corecar.formats.catenax.into_tables import message_sheets
from corecar.formats.catenax.messages import Message, read_messages

__all__ = ["Message", "built_messages", "message_sheets", "read_messages", "write_messages"]
