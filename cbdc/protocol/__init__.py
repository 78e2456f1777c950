"""The interbank messages, as frozen dataclasses with strict codecs. No Django."""
