"""The development network: a central bank and three banks as real processes on one machine."""
