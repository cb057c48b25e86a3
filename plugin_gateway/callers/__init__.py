"""Who is calling: from the credential that a client shows to an identity, or a refusal."""
