"""Bootstrap: how an application gets a device's certificates over another network (behaviour reference, section 5)."""
