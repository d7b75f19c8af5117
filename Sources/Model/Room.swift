enum ModelRoom {}
