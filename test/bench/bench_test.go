package main

import "testing"

func BenchmarkAll(b *testing.B) {
	for _, c := range cases {
		b.Run(c.name, c.run)
	}
}
