"""The sales team: who has room and who is late, each salesperson, leaving, territories."""
