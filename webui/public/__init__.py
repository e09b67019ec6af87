"""Pages that need no signing in: the guide, the check of a certificate, the sign-in itself. Imports the frame only."""
