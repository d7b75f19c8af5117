enum CgroupsRoom {}
