enum ImageSpecRoom {}
