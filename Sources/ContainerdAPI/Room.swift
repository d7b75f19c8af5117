enum ContainerdAPIRoom {}
