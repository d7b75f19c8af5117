enum MetadataRoom {}
