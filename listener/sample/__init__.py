"""The bundled sample: an invented brand, its invented customers, and a month of invented posts, served on loopback."""
