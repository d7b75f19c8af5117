enum TasksRoom {}
