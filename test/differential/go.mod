module wippy/test/differential

go 1.26

require (
	github.com/bytecodealliance/wasmtime-go/v44 v44.0.0
	wippy v0.0.0
)

replace wippy => ../..
