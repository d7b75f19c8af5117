enum ShimCoreRoom {}
