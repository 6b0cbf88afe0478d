/** Digests by algorithm, in hexadecimal (in-toto attestation framework, digest_set.md): `sha256`, `sha512`, `dirHash`. */
export type DigestSet = Readonly<Record<string, string>>;

/** Something that an image was made from, as its builder knows it. */
export interface Material {
  /**
   * What it is: a Debian package, a package of npm's registry, a Go module, Node.js itself, an image that another stands on, a
   * folder of sources, a file.
   */
  readonly type: 'deb' | 'npm' | 'golang' | 'node' | 'image' | 'source' | 'file';
  readonly name: string;
  /** Absent for sources and files. */
  readonly version?: string;
  readonly digests: DigestSet;
  /** Of a Debian package. */
  readonly architecture?: string;
  /** The release that a Debian package is of, by its code name: `trixie`. */
  readonly suite?: string;
  /** What the lockfile says of the package's licence. */
  readonly license?: string;
  /**
   * `contained`: it lies in the image; `bundled`: it was compiled into a file of the image, as far as anything uses it;
   * `build`: it served to make the image.
   */
  readonly use: 'contained' | 'bundled' | 'build';
}

/** How an image came to be. */
export interface Making {
  /** Which builder: `node`, `static`, `go`, `debian`, `binary`. */
  readonly builder: string;
  /** What the project asked for: a JSON value that names no path of this machine. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly materials: readonly Material[];
}
