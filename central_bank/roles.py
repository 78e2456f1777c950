"""What the central bank's roles may do, beyond what every institution's may (cbdc.access)."""

from cbdc.access.roles import StaffRole, business, grant

business("issuance", "clearing", "supervision")
grant(StaffRole.OPERATOR, "clearing.change_settlementcycle", "clearing.change_position")
