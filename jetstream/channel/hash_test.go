package channel

func hashOf(secret string) string { return SecretHash(secret) }
