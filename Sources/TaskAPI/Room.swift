enum TaskAPIRoom {}
