"""The virtual device: certificate store, Wi-Fi settings, clock, identity."""
