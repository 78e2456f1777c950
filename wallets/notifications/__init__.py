"""Telling holders what happened: money in, money out, a new device."""
