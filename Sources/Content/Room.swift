enum ContentRoom {}
