package component

import "wippy/wasmhost/module"

// The codes of canonical definitions that this runtime knows.
const (
	codeLift         = 0x00
	codeLower        = 0x01
	codeResourceNew  = 0x02
	codeResourceDrop = 0x03
	codeResourceRep  = 0x04
)

// builtin is a canonical definition that came after 0.2.
type builtin struct{ name, feature string }

// later are the canonical definitions that are refused, by code.
var later = map[byte]builtin{
	0x05: {"task.cancel", featureAsync},
	0x06: {"subtask.cancel", featureAsync},
	0x09: {"task.return", featureAsync},
	0x0a: {"context.get", featureAsync},
	0x0b: {"context.set", featureAsync},
	0x0c: {"thread.yield", featureAsync},
	0x0d: {"subtask.drop", featureAsync},
	0x0e: {"stream.new", featureAsync},
	0x0f: {"stream.read", featureAsync},
	0x10: {"stream.write", featureAsync},
	0x11: {"stream.cancel-read", featureAsync},
	0x12: {"stream.cancel-write", featureAsync},
	0x13: {"stream.drop-readable", featureAsync},
	0x14: {"stream.drop-writable", featureAsync},
	0x15: {"future.new", featureAsync},
	0x16: {"future.read", featureAsync},
	0x17: {"future.write", featureAsync},
	0x18: {"future.cancel-read", featureAsync},
	0x19: {"future.cancel-write", featureAsync},
	0x1a: {"future.drop-readable", featureAsync},
	0x1b: {"future.drop-writable", featureAsync},
	0x1c: {"error-context.new", featureErrorContext},
	0x1d: {"error-context.debug-message", featureErrorContext},
	0x1e: {"error-context.drop", featureErrorContext},
	0x1f: {"waitable-set.new", featureAsync},
	0x20: {"waitable-set.wait", featureAsync},
	0x21: {"waitable-set.poll", featureAsync},
	0x22: {"waitable-set.drop", featureAsync},
	0x23: {"waitable.join", featureAsync},
	0x24: {"backpressure.inc", featureAsync},
	0x25: {"backpressure.dec", featureAsync},
	0x26: {"thread.index", featureThreads},
	0x27: {"thread.new-indirect", featureThreads},
	0x28: {"thread.resume-later", featureThreads},
	0x29: {"thread.suspend", featureThreads},
	0x2a: {"thread.suspend-then-resume", featureThreads},
	0x2b: {"thread.yield-then-resume", featureThreads},
	0x2c: {"thread.suspend-then-promote", featureThreads},
	0x2d: {"thread.yield-then-promote", featureThreads},
	0x40: {"thread.spawn-ref", featureThreads},
	0x41: {"thread.spawn-indirect", featureThreads},
	0x42: {"thread.available-parallelism", featureThreads},
}

func (d *decoder) canon(r *module.Reader) Definition {
	at := Pos{r.Offset()}
	switch c := r.Byte(); c {
	case codeLift:
		d.funcSort(r, "canon lift")
		return &Lift{Pos: at, Func: r.U32(), Options: d.options(r), index: r.U32()}
	case codeLower:
		d.funcSort(r, "canon lower")
		return &Lower{Pos: at, Func: r.U32(), Options: d.options(r)}
	case codeResourceNew:
		return &ResourceFunc{Pos: at, Op: ResourceNew, index: r.U32()}
	case codeResourceDrop:
		return &ResourceFunc{Pos: at, Op: ResourceDrop, index: r.U32()}
	case codeResourceRep:
		return &ResourceFunc{Pos: at, Op: ResourceRep, index: r.U32()}
	default:
		if b, ok := later[c]; ok {
			d.refuse(r, b.feature, "canon %s", b.name)
		} else {
			r.Failf("unknown canonical definition %#x", c)
		}
		return nil
	}
}

// funcSort reads the sort of what is lifted or lowered, which can only be a
// function.
func (d *decoder) funcSort(r *module.Reader, what string) {
	if c := r.Byte(); c != 0 {
		r.Failf("%s of sort %#x: only functions (0x00) can be", what, c)
	}
}

// The codes of options.
const (
	codeUTF8          = 0x00
	codeUTF16         = 0x01
	codeLatin1OrUTF16 = 0x02
	codeMemory        = 0x03
	codeRealloc       = 0x04
	codePostReturn    = 0x05
	codeAsync         = 0x06
	codeCallback      = 0x07
)

// options reads the options of a lift or lower, each of which may be there once.
func (d *decoder) options(r *module.Reader) Options {
	o := Options{Memory: None, Realloc: None, PostReturn: None}
	encoded := false
	index := func(option *int, name string) {
		if *option != None {
			r.Failf("option %s is given twice", name)
		}
		*option = int(r.U32())
	}
	list(d, r, maxFields, "options", func(r *module.Reader) struct{} {
		switch c := r.Byte(); c {
		case codeUTF8, codeUTF16, codeLatin1OrUTF16:
			if encoded {
				r.Failf("two string encodings, %s and %s", o.Encoding, Encoding(c))
			}
			o.Encoding, encoded = Encoding(c), true
		case codeMemory:
			index(&o.Memory, "memory")
		case codeRealloc:
			index(&o.Realloc, "realloc")
		case codePostReturn:
			index(&o.PostReturn, "post-return")
		case codeAsync:
			d.refuse(r, featureAsync, "option async")
		case codeCallback:
			d.refuse(r, featureAsync, "option callback")
		default:
			r.Failf("unknown option %#x of the canonical ABI", c)
		}
		return struct{}{}
	})
	return o
}
