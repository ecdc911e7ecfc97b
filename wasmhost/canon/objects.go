package canon

// Objects finds the host's objects by their reps: what a process has of one
// resource type that the host defines. The zero value is empty. Guests cannot
// make reps up: what a rep of the right type stands for is there until Remove.
type Objects[T any] struct {
	slots []slot[T]
	free  uint32 // the rep that is used next; zero for a new one
	held  int
}

type slot[T any] struct {
	object T
	next   uint32 // of a free one: the next free
	used   bool
}

// Add keeps an object, and gives its rep, which is not zero.
func (o *Objects[T]) Add(object T) (rep uint32) {
	o.held++
	if rep = o.free; rep != 0 {
		at := &o.slots[rep-1]
		o.free = at.next
		*at = slot[T]{object: object, used: true}
		return rep
	}
	o.slots = append(o.slots, slot[T]{object: object, used: true})
	return uint32(len(o.slots))
}

// Get gives the object of a rep; false once it was removed.
func (o *Objects[T]) Get(rep uint32) (object T, ok bool) {
	if rep == 0 || uint64(rep) > uint64(len(o.slots)) {
		return object, false
	}
	at := &o.slots[rep-1]
	return at.object, at.used
}

// Remove gives the object of a rep and forgets it; false if there is none.
func (o *Objects[T]) Remove(rep uint32) (object T, ok bool) {
	if object, ok = o.Get(rep); ok {
		o.slots[rep-1] = slot[T]{next: o.free}
		o.free = rep
		o.held--
	}
	return object, ok
}

// Len tells how many objects are kept.
func (o *Objects[T]) Len() int { return o.held }

// All calls f for each object and its rep, until f returns false. f may remove.
func (o *Objects[T]) All(f func(rep uint32, object T) bool) {
	for i := range o.slots {
		if at := &o.slots[i]; at.used && !f(uint32(i+1), at.object) {
			return
		}
	}
}
