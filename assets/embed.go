//go:build !dev

package assets

import "io/fs"

const live = false

func dist() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the embed directive names it
	}
	return sub
}
