package env

import (
	"os"
	"sync"

	"wippy/config"
	"wippy/mailbox"
)

// Store answers what the env.variable entries of one application hold. Its
// methods may be called from any goroutine and do not block.
type Store struct {
	app *config.App

	mu     sync.RWMutex
	memory map[config.ID]map[string]string // of env.storage.memory entries
}

// NewStore makes the store of an application that was loaded with [Kinds].
// Its memory storages are empty.
func NewStore(app *config.App) *Store {
	return &Store{app: app, memory: make(map[config.ID]map[string]string)}
}

// Get resolves an env.variable entry now. The secret flag holds also beside an
// error, so that a caller may refuse a secret without telling whether it is set.
//
// # Errors
//
// A *mailbox.Error: kind NotFound where there is no such entry, or neither its
// storage nor its default has a value; Invalid where the entry is no
// env.variable. The text says what to do, and never holds a value.
func (s *Store) Get(id config.ID) (value string, secret bool, err error) {
	e, v, err := s.variable(id)
	if err != nil {
		return "", false, err
	}
	name := v.variable(e)
	if value, ok := s.lookup(config.ID(v.Storage), name); ok {
		return value, v.Secret, nil
	}
	if v.Default != nil {
		return *v.Default, v.Secret, nil
	}
	where := "the environment"
	if v.Storage != "" {
		where = string(v.Storage)
	}
	return "", v.Secret, mailbox.Errorf(mailbox.NotFound,
		"%s: %s has no variable %s: set it there, or give the entry a default (%v)", id, where, name, e.Pos)
}

// Set gives a variable whose storage is an env.storage.memory a value.
//
// # Errors
//
// As Get; kind Denied where the storage is of another kind.
func (s *Store) Set(id config.ID, value string) error {
	e, v, err := s.variable(id)
	if err != nil {
		return err
	}
	storage := config.ID(v.Storage)
	if !s.inMemory(storage) {
		return mailbox.Errorf(mailbox.Denied,
			"%s cannot be set: its storage is no env.storage.memory (%v)", id, e.At("storage"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory[storage] == nil {
		s.memory[storage] = make(map[string]string)
	}
	s.memory[storage][v.variable(e)] = value
	return nil
}

func (s *Store) inMemory(storage config.ID) bool {
	e := s.app.Entry(storage)
	if e == nil {
		return false
	}
	_, ok := e.Spec.(*memoryStorage)
	return ok
}

func (s *Store) variable(id config.ID) (*config.Entry, *Variable, error) {
	e := s.app.Entry(id)
	if e == nil {
		hint := ""
		if near := s.app.Nearest(string(id), "env.variable"); len(near) > 0 {
			hint = "; did you mean " + near[0] + "?"
		}
		return nil, nil, mailbox.Errorf(mailbox.NotFound, "there is no entry %q%s", mailbox.Shown(id), hint)
	}
	v, ok := e.Spec.(*Variable)
	if !ok {
		return nil, nil, mailbox.Errorf(mailbox.Invalid, "%s is of kind %s, expected env.variable (%v)", id, e.Kind, e.Pos)
	}
	return e, v, nil
}

// lookup asks a storage; "" is the environment of the operating system.
func (s *Store) lookup(storage config.ID, name string) (string, bool) {
	if storage == "" {
		return os.LookupEnv(name)
	}
	var value string
	var ok bool
	switch spec := s.app.Entry(storage).Spec.(type) {
	case *osStorage:
		return os.LookupEnv(name)
	case *Static:
		value, ok = spec.Values[name]
	case *File:
		value, ok = spec.values[name]
	case *memoryStorage:
		s.mu.RLock()
		defer s.mu.RUnlock()
		value, ok = s.memory[storage][name]
	}
	return value, ok
}
