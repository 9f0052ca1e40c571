"""Mail that comes back: bounces (RFC 3464), complaints (RFC 5965), answers."""
