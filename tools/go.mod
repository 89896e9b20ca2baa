module numstore.example/tools

go 1.26.0

require numstore.example/contracts v0.0.0

replace numstore.example/contracts => ../contracts
