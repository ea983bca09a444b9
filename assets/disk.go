//go:build dev

package assets

import (
	"io/fs"
	"os"
)

// live makes every request read the disk, for work on the browser side.
const live = true

func dist() fs.FS { return os.DirFS("assets/dist") }
