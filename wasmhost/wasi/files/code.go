package files

import "errors"

// Code is why an operation failed. It is an error itself, and what every
// method of this package fails with. The codes are those of WASI 0.2's
// error-code, in its order, and what follows [CrossDevice] is of the host.
type Code uint8

// The codes. The comments say when this package gives them; those without one
// are passed on from the operating system.
const (
	Access              Code = iota + 1 // the host's permissions forbid it
	WouldBlock                          //
	Already                             //
	BadDescriptor                       // closed, or not opened for this
	Busy                                // the directory of a path itself cannot be renamed
	Deadlock                            //
	Quota                               //
	Exist                               // there is something of that name
	FileTooLarge                        // a size or an end that no file can have
	IllegalByteSequence                 // a path or a link's target that is not UTF-8
	InProgress                          //
	Interrupted                         //
	Invalid                             // flags that exclude each other, a zero byte in a path, a position that no listing gave
	IO                                  // also whatever the host says that has no code
	IsDirectory                         //
	Loop                                // too many symbolic links, or one that was not to be followed
	TooManyLinks                        //
	MessageSize                         //
	NameTooLong                         // also more than MaxDepth components
	NoDevice                            //
	NoEntry                             // also the empty path
	NoLock                              //
	InsufficientMemory                  //
	InsufficientSpace                   //
	NotDirectory                        //
	NotEmpty                            //
	NotRecoverable                      //
	Unsupported                         //
	NoTTY                               //
	NoSuchDevice                        //
	Overflow                            // a time that the host cannot hold
	NotPermitted                        // the path leaves its directory, or names neither a file nor a directory
	Pipe                                //
	ReadOnly                            // the mount, or the directory that it was opened through, must not be changed
	InvalidSeek                         //
	TextFileBusy                        //
	CrossDevice                         // two mounts
	TooManyFiles                        // the host has no descriptor left
	codes                               // how many there are, plus one
)

// codeInfo is what is known of a code.
type codeInfo struct {
	name  string // as WASI 0.2 spells it
	errno uint16 // of preview 1
}

var codeTable = [codes]codeInfo{
	Access:              {"access", 2},
	WouldBlock:          {"would-block", 6},
	Already:             {"already", 7},
	BadDescriptor:       {"bad-descriptor", 8},
	Busy:                {"busy", 10},
	Deadlock:            {"deadlock", 16},
	Quota:               {"quota", 19},
	Exist:               {"exist", 20},
	FileTooLarge:        {"file-too-large", 22},
	IllegalByteSequence: {"illegal-byte-sequence", 25},
	InProgress:          {"in-progress", 26},
	Interrupted:         {"interrupted", 27},
	Invalid:             {"invalid", 28},
	IO:                  {"io", 29},
	IsDirectory:         {"is-directory", 31},
	Loop:                {"loop", 32},
	TooManyLinks:        {"too-many-links", 34},
	MessageSize:         {"message-size", 35},
	NameTooLong:         {"name-too-long", 37},
	NoDevice:            {"no-device", 43},
	NoEntry:             {"no-entry", 44},
	NoLock:              {"no-lock", 46},
	InsufficientMemory:  {"insufficient-memory", 48},
	InsufficientSpace:   {"insufficient-space", 51},
	NotDirectory:        {"not-directory", 54},
	NotEmpty:            {"not-empty", 55},
	NotRecoverable:      {"not-recoverable", 56},
	Unsupported:         {"unsupported", 58},
	NoTTY:               {"no-tty", 59},
	NoSuchDevice:        {"no-such-device", 60},
	Overflow:            {"overflow", 61},
	NotPermitted:        {"not-permitted", 63},
	Pipe:                {"pipe", 64},
	ReadOnly:            {"read-only", 69},
	InvalidSeek:         {"invalid-seek", 70},
	TextFileBusy:        {"text-file-busy", 74},
	CrossDevice:         {"cross-device", 75},
	TooManyFiles:        {"too-many-files", 33},
}

// known is c, or IO when there is no such code.
func (c Code) known() Code {
	if c == 0 || c >= codes {
		return IO
	}
	return c
}

// Error gives the code's name as WASI 0.2 spells it.
func (c Code) Error() string { return codeTable[c.known()].name }

// Errno is the number of the same meaning in preview 1.
func (c Code) Errno() uint16 { return codeTable[c.known()].errno }

// Case is the number of the same meaning among the cases of WASI 0.2's
// error-code. TooManyFiles has none there and becomes insufficient-memory.
func (c Code) Case() uint8 {
	if c = c.known(); c == TooManyFiles {
		c = InsufficientMemory
	}
	return uint8(c - 1)
}

// CodeOf gives the code of an error of this package; IO for any other.
func CodeOf(err error) Code {
	if c, ok := errors.AsType[Code](err); ok {
		return c.known()
	}
	return IO
}
