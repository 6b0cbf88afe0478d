// Command check-layout checks an OCI image layout against the image specification 1.1: every document against the
// specification's own JSON schemas, every blob against its descriptor, every layer against its diff_id, and what is in
// the layers against what an image that runs without rights may have. It prints a line for each problem.
//
//	check-layout [-never <text>]... <folder>
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/image-spec/schema"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

type checker struct {
	folder   string
	never    []string
	problems []string
}

func main() {
	c := &checker{}
	flag.Func("never", "a text that must be in no blob", func(text string) error {
		c.never = append(c.never, text)
		return nil
	})
	flag.Parse()
	c.folder = flag.Arg(0)
	images := c.layout()
	for _, problem := range c.problems {
		fmt.Println(problem)
	}
	fmt.Printf("%d images, %d problems\n", images, len(c.problems))
	if len(c.problems) > 0 {
		os.Exit(1)
	}
}

func (c *checker) problem(format string, values ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, values...))
}

// validate checks a document against the schema of the specification; what it contains is what was read of it.
func (c *checker) validate(what string, validator schema.Validator, content []byte, into any) {
	if err := validator.Validate(bytes.NewReader(content)); err != nil {
		var invalid schema.ValidationError
		if errors.As(err, &invalid) {
			for _, one := range invalid.Errs {
				c.problem("%s: %v", what, one)
			}
		} else {
			c.problem("%s: %v", what, err)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	// The specification lets documents have further fields; ours have none.
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		c.problem("%s: %v", what, err)
	}
}

func (c *checker) layout() int {
	var layout v1.ImageLayout
	c.validate("oci-layout", schema.ValidatorMediaTypeLayoutHeader, c.file("oci-layout"), &layout)
	var index v1.Index
	c.validate("index.json", schema.ValidatorMediaTypeImageIndex, c.file("index.json"), &index)
	if index.MediaType != v1.MediaTypeImageIndex {
		c.problem("index.json: its media type is %q", index.MediaType)
	}
	used := map[string]bool{}
	for _, manifest := range index.Manifests {
		if manifest.Annotations[v1.AnnotationRefName] == "" {
			c.problem("index.json: %s has no name", manifest.Digest)
		}
		c.image(manifest, used)
	}
	blobs, err := os.ReadDir(filepath.Join(c.folder, "blobs/sha256"))
	if err != nil {
		c.problem("%v", err)
	}
	for _, blob := range blobs {
		if !used["sha256:"+blob.Name()] {
			c.problem("blobs/sha256/%s: nothing refers to it", blob.Name())
		}
	}
	return len(index.Manifests)
}

func (c *checker) image(descriptor v1.Descriptor, used map[string]bool) {
	name := descriptor.Annotations[v1.AnnotationRefName]
	var manifest v1.Manifest
	c.expectType(name, descriptor, v1.MediaTypeImageManifest)
	c.validate(name+" manifest", schema.ValidatorMediaTypeManifest, c.blob(descriptor, used), &manifest)
	if manifest.MediaType != descriptor.MediaType {
		c.problem("%s: its manifest says it is %q", name, manifest.MediaType)
	}
	var image v1.Image
	c.expectType(name, manifest.Config, v1.MediaTypeImageConfig)
	c.validate(name+" configuration", schema.ValidatorMediaTypeImageConfig, c.blob(manifest.Config, used), &image)
	c.configuration(name, image)
	if len(image.RootFS.DiffIDs) != len(manifest.Layers) {
		c.problem("%s: %d diff_ids for %d layers", name, len(image.RootFS.DiffIDs), len(manifest.Layers))
		return
	}
	filled := 0
	for _, history := range image.History {
		if !history.EmptyLayer {
			filled++
		}
		if history.CreatedBy == "" {
			c.problem("%s: a step of its history does not say what it did", name)
		}
	}
	if filled != len(manifest.Layers) {
		c.problem("%s: its history has %d steps for %d layers", name, filled, len(manifest.Layers))
	}
	above := map[string]byte{}
	for number, layer := range manifest.Layers {
		c.expectType(name, layer, v1.MediaTypeImageLayerZstd, v1.MediaTypeImageLayerGzip, v1.MediaTypeImageLayer)
		c.layer(fmt.Sprintf("%s layer %d", name, number+1), layer, c.blob(layer, used), image.RootFS.DiffIDs[number].String(), above)
	}
}

var numbers = regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`)

func (c *checker) configuration(name string, image v1.Image) {
	if image.Architecture != "amd64" || image.OS != "linux" {
		c.problem("%s: it is for %s/%s", name, image.OS, image.Architecture)
	}
	if !numbers.MatchString(image.Config.User) {
		c.problem("%s: its user is %q, not two numbers other than 0", name, image.Config.User)
	}
	if len(image.Config.Entrypoint) == 0 {
		c.problem("%s: it has no entrypoint", name)
	}
	if image.Created == nil || !image.Created.Equal(time.Unix(0, 0)) {
		c.problem("%s: it was created at %v", name, image.Created)
	}
}

func (c *checker) expectType(name string, descriptor v1.Descriptor, types ...string) {
	for _, one := range types {
		if descriptor.MediaType == one {
			return
		}
	}
	c.problem("%s: %s is a %q", name, descriptor.Digest, descriptor.MediaType)
}

func (c *checker) layer(name string, descriptor v1.Descriptor, content []byte, diffID string, above map[string]byte) {
	hash := sha256.New()
	archive, err := uncompressed(descriptor.MediaType, content)
	if err != nil {
		c.problem("%s: %v", name, err)
		return
	}
	archive = io.TeeReader(archive, hash)
	reader := tar.NewReader(archive)
	seen := map[string]bool{}
	for {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			c.problem("%s: %v", name, err)
			return
		}
		entry := strings.TrimSuffix(header.Name, "/")
		if seen[entry] {
			c.problem("%s: %s is twice in it", name, entry)
		}
		// A folder comes before what is in it: not all programs that unpack make those that are missing.
		if parent := path.Dir(entry); parent != "." && !seen[parent] {
			c.problem("%s: %s comes without the folder above it", name, entry)
		}
		if header.Typeflag == tar.TypeLink && !seen[header.Linkname] {
			c.problem("%s: %s is a link to %s, which comes later", name, entry, header.Linkname)
		}
		seen[entry] = true
		c.entry(name+": "+entry, entry, header)
		if was, there := above[entry]; there && (was == tar.TypeDir) != (header.Typeflag == tar.TypeDir) {
			c.problem("%s: %s is a folder here or below, and something else there or here", name, entry)
		}
		above[entry] = header.Typeflag
		if header.Typeflag == tar.TypeReg {
			c.content(name+": "+entry, reader)
		}
	}
	if _, err := io.Copy(io.Discard, archive); err != nil {
		c.problem("%s: %v", name, err)
	}
	if actual := fmt.Sprintf("sha256:%x", hash.Sum(nil)); actual != diffID {
		c.problem("%s: uncompressed it is %s, and the configuration says %s", name, actual, diffID)
	}
}

// What a source may have and no image should.
var private = regexp.MustCompile(`(^|/)(\.npmrc|\.git|\.env(\..*)?|\.netrc|\.ssh|id_rsa|\.aws|\.docker|\.DS_Store)$`)

func (c *checker) entry(name, entry string, header *tar.Header) {
	mode := header.FileInfo().Mode()
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeDir, tar.TypeSymlink, tar.TypeLink:
	default:
		c.problem("%s: it is of type %q", name, header.Typeflag)
	}
	if entry == "" || path.IsAbs(header.Name) || path.Clean(entry) != entry || strings.HasPrefix(path.Base(entry), ".wh.") {
		c.problem("%s: this is no plain path", name)
	}
	if mode&(os.ModeSetuid|os.ModeSetgid) != 0 {
		c.problem("%s: it raises rights (%v)", name, mode)
	}
	if header.Typeflag != tar.TypeSymlink && mode.Perm()&0o002 != 0 && !(mode.IsDir() && mode&os.ModeSticky != 0) {
		c.problem("%s: everybody may write to it (%v)", name, mode)
	}
	if !header.ModTime.Equal(time.Unix(0, 0)) {
		c.problem("%s: it has a time, %v", name, header.ModTime)
	}
	if header.Uname != "" || header.Gname != "" {
		c.problem("%s: it has an owner's name, %s:%s", name, header.Uname, header.Gname)
	}
	if private.MatchString(entry) {
		c.problem("%s: this belongs to a source or a user", name)
	}
}

func (c *checker) content(name string, content io.Reader) {
	if len(c.never) == 0 {
		return
	}
	bytesOf, err := io.ReadAll(content)
	if err != nil {
		c.problem("%s: %v", name, err)
	}
	for _, text := range c.never {
		if bytes.Contains(bytesOf, []byte(text)) {
			c.problem("%s: it contains a text that must not be in an image", name)
		}
	}
}

func uncompressed(mediaType string, content []byte) (io.Reader, error) {
	switch mediaType {
	case v1.MediaTypeImageLayerZstd:
		reader, err := zstd.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		return reader.IOReadCloser(), nil
	case v1.MediaTypeImageLayerGzip:
		return gzip.NewReader(bytes.NewReader(content))
	default:
		return bytes.NewReader(content), nil
	}
}

// blob reads what a descriptor names and holds it against it.
func (c *checker) blob(descriptor v1.Descriptor, used map[string]bool) []byte {
	used[descriptor.Digest.String()] = true
	if err := descriptor.Digest.Validate(); err != nil {
		c.problem("%q: %v", descriptor.Digest, err)
		return nil
	}
	content := c.file(filepath.Join("blobs", descriptor.Digest.Algorithm().String(), descriptor.Digest.Encoded()))
	if int64(len(content)) != descriptor.Size || descriptor.Digest.Algorithm().FromBytes(content) != descriptor.Digest {
		c.problem("%s: it is not what its descriptor says", descriptor.Digest)
	}
	for _, text := range c.never {
		if bytes.Contains(content, []byte(text)) {
			c.problem("%s: it contains a text that must not be in an image", descriptor.Digest)
		}
	}
	return content
}

func (c *checker) file(name string) []byte {
	content, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		c.problem("%v", err)
	}
	return content
}
