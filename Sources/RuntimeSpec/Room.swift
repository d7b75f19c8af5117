enum RuntimeSpecRoom {}
