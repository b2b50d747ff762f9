"""What a device and its operator talk to beside the network: security service, issuing services, back ends."""
