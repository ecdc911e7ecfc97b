package procworld

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

func toJSON(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	var out []byte
	b := r.data(stack[0], stack[1], "the encoded value")
	err := r.err
	if err == nil && len(b) > maxEncoded {
		err = mailbox.Errorf(mailbox.Invalid, "more than %d bytes of an encoded value", maxEncoded)
	}
	if err == nil {
		err = apart(c, &b, func() error {
			v, err := mailbox.Decode(b)
			if err == nil {
				out = v.AppendJSON(nil)
			}
			return err
		})
	}
	if err == nil {
		w.u32(payloadAt, imports.Store(c, out))
		w.u32(payloadAt+4, uint32(len(out)))
	}
	w.done(err)
}

func fromJSON(c *imports.Caller, stack []uint64) {
	w := writerAt(c, stack[2], resultSize, resultAlign)
	r := reader{c: c}
	b := []byte(r.text(stack[0], stack[1], "the text"))
	err := r.err
	if err == nil && len(b) > maxEncoded {
		err = mailbox.Errorf(mailbox.Invalid, "more than %d bytes of JSON", maxEncoded)
	}
	var out []byte
	if err == nil {
		err = apart(c, &b, func() error {
			v, err := parseJSON(b)
			if err == nil {
				out, err = v.Append(nil)
			}
			return err
		})
	}
	if err == nil {
		w.u32(payloadAt, imports.Store(c, out))
		w.u32(payloadAt+4, uint32(len(out)))
	}
	w.done(err)
}

// parseJSON gives the value of a JSON text: an array is a list, an object a
// table with its fields in order, null nil, an integer of 64 bits itself and
// every other number a float.
//
// # Errors
//
// Of kind Invalid, with the byte at which the text is wrong, also where it is
// nested deeper than MaxDepth.
func parseJSON(text []byte) (mailbox.Value, error) {
	p := jsonParser{json.NewDecoder(bytes.NewReader(text))}
	p.UseNumber()
	v, err := p.value(0)
	if err == nil {
		if _, end := p.Token(); end != io.EOF {
			err = errors.New("expected the end")
		}
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errors.New("it ends too early")
	}
	if err != nil {
		return mailbox.Nil, mailbox.Errorf(mailbox.Invalid, "JSON: byte %d: %v", p.InputOffset(), err)
	}
	return v, nil
}

type jsonParser struct{ *json.Decoder }

func (p jsonParser) value(depth int) (mailbox.Value, error) {
	token, err := p.Token()
	if err != nil {
		return mailbox.Nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if depth == mailbox.MaxDepth {
			return mailbox.Nil, errors.New("it is nested too deep")
		}
		if t == '[' {
			return p.array(depth + 1)
		}
		return p.object(depth + 1)
	case bool:
		return mailbox.Bool(t), nil
	case string:
		return mailbox.String(t), nil
	case json.Number:
		return jsonNumber(string(t))
	}
	return mailbox.Nil, nil // null
}

func (p jsonParser) array(depth int) (mailbox.Value, error) {
	elements := []mailbox.Value{}
	for p.More() {
		v, err := p.value(depth)
		if err != nil {
			return mailbox.Nil, err
		}
		elements = append(elements, v)
	}
	_, err := p.Token()
	return mailbox.TableValue(elements, nil), err
}

func (p jsonParser) object(depth int) (mailbox.Value, error) {
	var pairs []mailbox.Pair
	for p.More() {
		key, err := p.Token()
		if err != nil {
			return mailbox.Nil, err
		}
		v, err := p.value(depth)
		if err != nil {
			return mailbox.Nil, err
		}
		pairs = append(pairs, mailbox.Pair{Key: mailbox.String(key.(string)), Value: v})
	}
	_, err := p.Token()
	return mailbox.TableValue(nil, pairs), err
}

// jsonNumber gives what a number of JSON's grammar stands for.
func jsonNumber(digits string) (mailbox.Value, error) {
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return mailbox.Int(i), nil
	}
	if u, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return mailbox.Uint(u), nil
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return mailbox.Nil, errors.New(digits[:min(len(digits), 40)] + " is beyond what a number holds")
	}
	return mailbox.Float(f), nil
}
