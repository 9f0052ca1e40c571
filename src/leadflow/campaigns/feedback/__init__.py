"""What comes back of messages: bounces, complaints, opens and clicks, and what follows from it."""
