enum SeccompRoom {}
