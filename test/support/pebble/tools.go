//go:build tools

// Package pebble names the programs of a small certificate authority that speaks ACME, for tests.
package pebble

import (
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble"
	_ "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv"
)
