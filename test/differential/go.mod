module wippy/test/differential

go 1.26.0

require (
	github.com/bytecodealliance/wasmtime-go/v44 v44.0.0
	wippy v0.0.0
)

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)

replace wippy => ../..
