"""The stand-alone verifier of a registry's export: public keys, and no trust in anybody."""
