enum ContainerdTypesRoom {}
