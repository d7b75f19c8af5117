enum ClientRoom {}
