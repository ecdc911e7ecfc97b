package main

import (
	"fmt"
	"strings"
)

// reach writes functions that each try to reach something from beginning to end,
// and tell how that went: 0, or one more than the number of the error-code.
func (m *mirror) reach() {
	at := func(offset int) string { return fmt.Sprintf("(i32.const %d)", resultAt+offset) }
	address := "(i32.const 0) (local.get $port) (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)" + strings.Repeat(" (i32.const 0)", 6)
	ephemeral := strings.ReplaceAll(address, "(local.get $port)", "(i32.const 0)")
	// failed returns if the result says so; payload is the offset of the error-code.
	failed := func(payload int) string {
		return fmt.Sprintf("(if (i32.load8_u %s) (then (return (i32.add (i32.const 1) (i32.load8_u %s)))))", at(0), at(payload))
	}
	wait := func(what string) string {
		return "(call $poll-pollable-block (call $" + what + "-subscribe (local.get $s)))"
	}
	fmt.Fprintf(&m.bodies, `    ;; reach-tcp connects to a port of this machine.
    (func (export "reach-tcp") (param $port i32) (result i32) (local $s i32)
      (call $tcp-create-socket-create-tcp-socket (i32.const 0) %[1]s) %[5]s
      (local.set $s (i32.load %[2]s))
      (call $tcp-tcp-socket-start-connect (local.get $s) (call $instance-network-instance-network) %[3]s %[1]s) %[6]s
      %[7]s
      (call $tcp-tcp-socket-finish-connect (local.get $s) %[1]s) %[5]s
      (i32.const 0))
    ;; reach-udp sends a datagram to a port of this machine.
    (func (export "reach-udp") (param $port i32) (result i32) (local $s i32)
      (call $udp-create-socket-create-udp-socket (i32.const 0) %[1]s) %[5]s
      (local.set $s (i32.load %[2]s))
      (call $udp-udp-socket-start-bind (local.get $s) (call $instance-network-instance-network) %[4]s %[1]s) %[6]s
      (call $udp-udp-socket-finish-bind (local.get $s) %[1]s) %[6]s
      (call $udp-udp-socket-stream (local.get $s) (i32.const 0)%[8]s %[1]s) %[5]s
      (local.set $s (i32.load (i32.const %[9]d)))
      %[10]s
      (call $udp-outgoing-datagram-stream-check-send (local.get $s) %[1]s) %[11]s
      (i32.store (i32.const 2048) (i32.const 2048)) (i32.store (i32.const 2052) (i32.const 4)) ;; its own first bytes
      (i32.store8 (i32.const 2056) (i32.const 1)) (i32.store8 (i32.const 2060) (i32.const 0))
      (i32.store16 (i32.const 2064) (local.get $port)) (i32.store (i32.const 2066) (i32.const 0x0100007f))
      (call $udp-outgoing-datagram-stream-send (local.get $s) (i32.const 2048) (i32.const 1) %[1]s) %[11]s
      (i32.sub (i32.const 1) (i32.load (i32.const %[12]d))))
    ;; reach-name asks what a name stands for.
    (func (export "reach-name") (param $name i32) (param $length i32) (result i32) (local $s i32)
      (call $ip-name-lookup-resolve-addresses (call $instance-network-instance-network) (local.get $name) (local.get $length) %[1]s) %[5]s
      (local.set $s (i32.load %[2]s))
      %[13]s
      (call $ip-name-lookup-resolve-address-stream-resolve-next-address (local.get $s) %[1]s) %[14]s
      (i32.const 0))
    ;; reach-http asks a server for its first page.
    (func (export "reach-http") (param $authority i32) (param $length i32) (result i32) (local $s i32)
      (local.set $s (call $http-types-outgoing-request (call $http-types-fields)))
      (drop (call $http-types-outgoing-request-set-scheme (local.get $s) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
      (drop (call $http-types-outgoing-request-set-authority (local.get $s) (i32.const 1) (local.get $authority) (local.get $length)))
      (call $outgoing-handler-handle (local.get $s) (i32.const 0) (i32.const 0) %[1]s) %[11]s
      (local.set $s (i32.load (i32.const %[12]d)))
      %[15]s
      (call $http-types-future-incoming-response-get (local.get $s) %[1]s)
      (if (i32.load8_u (i32.const %[16]d)) (then (return (i32.add (i32.const 1) (i32.load8_u (i32.const %[17]d))))))
      (i32.const 0))
`, at(0), at(4), address, ephemeral, failed(4), failed(1), wait("tcp-tcp-socket"),
		strings.Repeat(" (i32.const 0)", 12), resultAt+8, wait("udp-outgoing-datagram-stream"), failed(8), resultAt+8,
		wait("ip-name-lookup-resolve-address-stream"), failed(2), wait("http-types-future-incoming-response"), resultAt+16, resultAt+24)
	for _, f := range []string{`tcp") (param "port" u16)`, `udp") (param "port" u16)`, `name") (param "name" string)`, `http") (param "authority" string)`} {
		name, params, _ := strings.Cut(f, `")`)
		fmt.Fprintf(&m.lifts, "  (func (export \"reach-%s\") %s (result u32) (canon lift (core func $calls \"reach-%[1]s\") %[3]s))\n", name, strings.TrimSpace(params), memory)
	}
}
