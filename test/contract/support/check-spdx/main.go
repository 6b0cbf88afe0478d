// Command check-spdx reads SPDX 2.3 documents (JSON) with the SPDX project's own library, which also checks that every
// relationship leads somewhere, and prints the package URLs in each. It fails for a document that is none.
package main

import (
	"fmt"
	"os"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdxlib"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

func check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	document, err := json.Read(file)
	if err != nil {
		return err
	}
	if document.SPDXVersion != spdx.Version || document.DataLicense != spdx.DataLicense {
		return fmt.Errorf("it is of %s under %s", document.SPDXVersion, document.DataLicense)
	}
	if err := spdxlib.ValidateDocument(document); err != nil {
		return err
	}
	for _, one := range document.Packages {
		for _, reference := range one.PackageExternalReferences {
			if reference.RefType == "purl" {
				fmt.Println(reference.Locator)
			}
		}
	}
	return nil
}
