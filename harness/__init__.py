"""End-to-end test harness for RADIUS / EAP-TLS networks."""
