module jobload.bench/reference

go 1.22
