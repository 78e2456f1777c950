"""Transit: riders tap in and out, and are charged what the operator's fares say.

`domain` has the rules, `riders` what the rider's bank does, `operators` what the operator's bank
does. Of two banks each does its half; inside one, `operators` calls `riders`.
"""
