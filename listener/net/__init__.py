"""The guarded door: the only way to the network.

    settings.DoorSettings   limits, proxy, private certificate authority, politeness
    addresses.check_address whether an address may be connected to (also for SMTP)
    door.open_door          a ``listener.core.connector.Door``: GET with redirects, validators and mapped errors

Nothing is imported here, so that the settings can be read without loading an HTTP client.
"""
