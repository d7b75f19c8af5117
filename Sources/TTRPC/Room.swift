enum TTRPCRoom {}
