package module

// The sections whose contents are the engine's: looked through for counts and
// sizes that are larger than the file, no more.

// The bits of an element segment's flags.
const (
	segmentInactive    = 1 // passive or declarative
	segmentExplicit    = 2 // names its table, or is declarative
	segmentExpressions = 4 // of constant expressions, not of function indices
)

func checkElements(r *Reader) {
	elements := 0
	for range r.Count(maxSegments, "element segments") {
		flags := r.U32()
		if flags > segmentInactive|segmentExplicit|segmentExpressions {
			r.Failf("unknown element segment flags %#x", flags)
			return
		}
		if flags&segmentInactive == 0 {
			if flags&segmentExplicit != 0 {
				r.U32()
			}
			skipConstant(r)
		}
		if flags&(segmentInactive|segmentExplicit) != 0 {
			if flags&segmentExpressions != 0 {
				ReadValType(r)
			} else {
				r.Byte()
			}
		}
		n := r.Count(maxElements-elements, "elements")
		elements += n
		for range n {
			if flags&segmentExpressions != 0 {
				skipConstant(r)
			} else {
				r.U32()
			}
		}
	}
}

func checkCode(r *Reader) {
	total := uint64(0)
	for range r.Count(maxFuncs, "functions") {
		size := r.U32()
		if size > maxBody && r.Err() == nil {
			r.Failf("a function of %d bytes; at most %d", size, maxBody)
			return
		}
		at := r.Offset()
		body := NewReader(r.Bytes(uint64(size)), at, "code section")
		locals := uint64(0)
		for range body.Count(maxLocals, "groups of locals") {
			locals += uint64(body.U32())
			ReadValType(body)
		}
		if total += locals; locals > maxLocals || total > allLocals {
			body.Failf("%d locals: a function has at most %d, a module %d", locals, maxLocals, allLocals)
		}
		if r.err == nil {
			r.err = body.err
		}
		if r.err != nil {
			return
		}
	}
}

func checkData(r *Reader) {
	for range r.Count(maxSegments, "data segments") {
		switch flags := r.U32(); flags {
		case 0:
			skipConstant(r)
		case 1: // passive
		case 2: // of the memory that it names
			r.U32()
			skipConstant(r)
		default:
			r.Failf("unknown data segment flags %#x", flags)
		}
		r.Bytes(uint64(r.U32()))
	}
}
