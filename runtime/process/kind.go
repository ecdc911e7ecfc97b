package process

import (
	"context"
	"io/fs"
	"log/slog"

	"wippy/config"
)

// Kind is a kind of entry whose entries run as processes: how its YAML is
// decoded, and how a checked entry becomes a Program.
type Kind struct {
	config.Kind
	// Compile turns an entry into its Program. The node calls it once per entry
	// and keeps the result. It may take long and read files; it runs on no
	// worker. Errors are *mailbox.Error or config.Errors, complete: all that is
	// wrong with the entry, not only the first.
	Compile func(ctx context.Context, e *config.Entry, app App) (Program, error)
	// Limits gives the limits of an entry of this kind, without defaults.
	Limits func(e *config.Entry) Limits
}

// App is what a kind may ask of the application while it compiles.
type App interface {
	// Entry gives an entry, nil if there is none.
	Entry(id config.ID) *config.Entry
	// Dir opens an fs.directory entry. Names are confined to it, through
	// symlinks too. The node owns what is returned.
	Dir(id config.ID) (fs.FS, error)
	// DirPath gives the directory of an fs.directory entry on the machine, which
	// is made if the entry wants that, and whether it must not be changed.
	DirPath(id config.ID) (path string, readOnly bool, err error)
	// Env resolves an env.variable entry now.
	Env(id config.ID) (value string, secret bool, err error)
	// Logger is where the node logs.
	Logger() *slog.Logger
}
