enum LibcontainerRoom {}
