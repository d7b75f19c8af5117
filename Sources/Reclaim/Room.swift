enum ReclaimRoom {}
