// The OCI registry of a local cluster: upstream distribution with the drivers a single machine needs
// (files on disk, htpasswd), and nothing of the cloud storage drivers that its own main brings along.
package main

import (
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"

	"github.com/distribution/distribution/v3/registry"
)

func main() {
	_ = registry.RootCmd.Execute()
}
