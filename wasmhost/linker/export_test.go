package linker

// Never has no guest of the plan used again.
func (p *Plan) Never() { p.again = false }

// Waiting is how many guests wait for a process.
func (p *Plan) Waiting() int {
	return p.pool.Idle.Waiting(&p.idle.shelf)
}

// Again tells that guests are used again.
func (p *Plan) Again() bool { return p.again }
