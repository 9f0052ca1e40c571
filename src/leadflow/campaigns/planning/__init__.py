"""Taking the enrolments of the store on: what is due is found, decided and planned."""
