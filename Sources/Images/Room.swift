enum ImagesRoom {}
