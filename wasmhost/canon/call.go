package canon

import (
	"context"
	"unsafe"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Lifted is a core function as a component's function: `canon lift`.
type Lifted struct {
	Plan       *Func
	Options    *Options
	Core       CoreFunc // of type Plan.LiftType
	PostReturn CoreFunc // takes the results of Core; nil where there is none
}

// Target is what a Lowered calls: a *Lifted or a *Host.
type Target interface{ target() }

func (*Lifted) target() {}
func (*Host) target()   {}

// Lowered is a component's function as a core function: `canon lower`.
type Lowered struct {
	Plan    *Func
	Options *Options
	Target  Target
}

// scope is a call of a lowered function: what is borrowed through the caller's
// handles while it runs.
type scope struct {
	lenders []uint32  // indices of handles
	lent    []*Handle // that the host got
}

// lend gives the rep of a handle, which stays where it is until the call ends.
func (s *scope) lend(i *Instance, index uint32, rt *ResourceType) (rep uint32, err error) {
	e, err := i.find(index, rt)
	if err != nil {
		return 0, err
	}
	e.lends++
	s.lenders = append(s.lenders, index)
	return e.rep, nil
}

// end takes back what was lent.
func (s *scope) end(i *Instance) {
	for _, index := range s.lenders {
		i.handles.entries[index-1].lends--
	}
	for _, h := range s.lent {
		h.gone = true
	}
}

// frame is what one call in progress needs. Frames are used again.
type frame struct {
	ctx    context.Context
	lift   lifter
	lower  lowerer
	scope  scope
	task   task
	call   Call
	arena  arena
	args   []mailbox.Value
	caller *Lowered // of a lowered function
	ret    []uint64 // the caller's stack
	result mailbox.Value
	stack  [MaxFlatParams + 1]uint64
}

// clear forgets what a call left, so that a frame keeps no Values alive.
func (f *frame) clear() {
	f.ctx, f.caller, f.ret, f.result = nil, nil, nil, mailbox.Nil
	clear(f.args)
	f.args = f.args[:0]
	f.call.args, f.call.result = nil, mailbox.Nil
	f.lift.slabs = slabs{}
	f.arena.reset()
	f.task.borrows = 0
	if len(f.lower.lent) > 0 {
		clear(f.lower.lent)
		f.lower.lent = f.lower.lent[:0]
	}
	if len(f.scope.lent) > 0 {
		clear(f.scope.lent)
		f.scope.lent = f.scope.lent[:0]
	}
	f.scope.lenders = f.scope.lenders[:0]
}

// argsOf gives room for arguments.
func (f *frame) argsOf(n int) []mailbox.Value {
	if n > cap(f.args) {
		f.args = make([]mailbox.Value, n)
	}
	f.args = f.args[:n]
	return f.args
}

// Call calls the function from the host. args are by position: what Func.Fit
// gave. The result is by names, nil where the function has none.
//
// # Errors
//
// A *Trap, what the core code failed with, or kind Invalid for a Handle that
// cannot be passed.
func (l *Lifted) Call(ctx context.Context, args []mailbox.Value) (mailbox.Value, error) {
	return l.invoke(ctx, args, nil)
}

// invoke enters the instance and calls. into is the frame of the core code
// that calls, nil where that is the host. It gets the result while the instance
// is still entered: what that is of in the instance's memory is freed then.
func (l *Lifted) invoke(ctx context.Context, args []mailbox.Value, into *frame) (mailbox.Value, error) {
	inst, caller := l.Options.Instance, (*Instance)(nil)
	if into != nil {
		caller = into.caller.Options.Instance
	}
	if err := inst.enter(caller); err != nil {
		return mailbox.Nil, err
	}
	f, err := inst.Store.push(ctx)
	if err != nil {
		return mailbox.Nil, err
	}
	if err = l.run(f, args, into); err == nil {
		inst.leave(caller)
	}
	v := f.result
	inst.Store.pop(f)
	return v, err
}

func (l *Lifted) run(f *frame, args []mailbox.Value, into *frame) error {
	f.lower.start(f.ctx, l.Options, &f.task)
	if into != nil {
		f.lower.trusted, f.lower.from = true, into.caller.Options.Encoding
	}
	if err := f.lower.params(l.Plan, args, f.stack[:]); err != nil {
		return err
	}
	results := 0
	if l.Plan.result != nil {
		results = 1
	}
	n := max(l.Plan.stackParams(), results)
	if err := l.Core.CallWithStack(f.ctx, f.stack[:n]); err != nil {
		return err
	}
	if err := l.finish(f, into); err != nil {
		return err
	}
	for _, h := range f.lower.lent {
		h.lends--
	}
	if l.PostReturn == nil {
		return nil
	}
	inst := l.Options.Instance
	inst.held = true
	if err := l.PostReturn.CallWithStack(f.ctx, f.stack[:results]); err != nil {
		return err
	}
	inst.held = false
	return nil
}

// finish lifts the result and hands it over.
func (l *Lifted) finish(f *frame, into *frame) (err error) {
	v := mailbox.Nil
	if l.Plan.result != nil {
		f.lift.start(f.ctx, l.Options, nil)
		if into == nil {
			f.lift.named = true
		} else {
			f.lift.connect(into.caller.Options, &f.arena)
		}
		if v, err = f.lift.result(l.Plan, f.stack[:1]); err != nil {
			return err
		}
	}
	if n := f.task.borrows; n > 0 {
		return Trapf("borrow handles still remain at the end of the call: %d", n)
	}
	if into == nil {
		f.result = v
		return nil
	}
	return into.deliver(v, noCase)
}

// deliver lowers the result of what was called for the core code that called.
// which is as for lowerer.result.
func (f *frame) deliver(v mailbox.Value, which int) error {
	l := f.caller
	if l.Plan.result == nil {
		return nil
	}
	f.lower.start(f.ctx, l.Options, nil)
	if callee, ok := l.Target.(*Lifted); ok {
		f.lower.trusted, f.lower.from = true, callee.Options.Encoding
	}
	return f.lower.result(l.Plan, v, which, f.ret)
}

// Call calls the target for core code: stack holds the core function's
// parameters, and afterwards its result.
//
// # Errors
//
// Those of the target, or a *Trap. Whoever is called by the core code passes
// it on, so that the core code ends.
func (l *Lowered) Call(ctx context.Context, stack []uint64) error {
	inst := l.Options.Instance
	if err := inst.mayLeave(); err != nil {
		return err
	}
	f, err := inst.Store.push(ctx)
	if err != nil {
		return err
	}
	if err = l.run(f, stack); err == nil {
		f.scope.end(inst)
	}
	inst.Store.pop(f)
	return err
}

func (l *Lowered) run(f *frame, stack []uint64) error {
	host, _ := l.Target.(*Host)
	if host != nil && host.Core != nil {
		return host.Core(f.ctx, l.Options, stack)
	}
	f.caller, f.ret = l, stack
	args := f.argsOf(len(l.Plan.params))
	f.lift.start(f.ctx, l.Options, &f.scope)
	if host == nil {
		f.lift.connect(l.Target.(*Lifted).Options, &f.arena)
	} else {
		f.lift.views, f.lift.named = host.Views, host.Named
	}
	if err := f.lift.params(l.Plan, stack, args); err != nil {
		return err
	}
	if host == nil {
		_, err := l.Target.(*Lifted).invoke(f.ctx, args, f)
		return err
	}
	c := &f.call
	c.f, c.plan, c.opts, c.host, c.args, c.which = f, l.Plan, l.Options, host, args, noCase
	if err := host.Func(c); err != nil {
		return err
	}
	return c.finish()
}

// finish lowers what the host function returned.
func (c *Call) finish() (err error) {
	if c.plan.result == nil {
		return nil
	}
	v := c.result
	if c.host.Named {
		if c.which != noCase && c.plan.result.kind == wit.Result {
			name := c.plan.result.cases[c.which].snake
			if v.IsNil() && c.plan.result.cases[c.which].node == nil {
				v = mailbox.Bool(true)
			}
			v = mailbox.TableValue(nil, []mailbox.Pair{{Key: name, Value: v}})
		}
		if v, err = c.plan.FitResult(v); err == nil {
			err = c.f.deliver(v, noCase)
		}
	} else {
		err = c.f.deliver(v, c.which)
	}
	return c.named(err)
}

// named puts the function's name before an error that is the function's fault.
func (c *Call) named(err error) error {
	if e, ok := err.(*mailbox.Error); ok && (e.Kind == mailbox.Internal || e.Kind == mailbox.Invalid) {
		return mailbox.Errorf(mailbox.Internal, "%s: %w", c.host.Name, err)
	}
	return err
}
