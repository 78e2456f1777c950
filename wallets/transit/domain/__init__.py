"""The fare engine: taps in, journeys with their fares out. Pure: no Django, no clock, no store.

    tariff = Tariff.of([parse_fare_table(body)])
    for journey in rate(taps, tariff=tariff, as_of=now()):
        journey.charged, journey.why  # 700, "2 zones 4.00; cap reached, saved 3.00"

The same taps in any order, and any number of times, give the same journeys and fares. Each rule
stands in docs/flows/fares.md with worked tables that the tests run.
"""
