"""What the staff consoles of both roles are made of: menu, dashboards, look-up, exports, reports.

A role says what stands in its console (`central_bank.console`, `wallets.console`) with the values
of `cbdc.console.role`; what is here knows of no role.
"""
