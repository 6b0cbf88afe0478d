/** Whose package it is, in the words of package URLs (purl-spec, "types"), `debian` for `deb`. */
export type PackageEcosystem = 'debian' | 'npm' | 'golang';

/** One package in an image, as lists of contents and databases of vulnerabilities name it. */
export interface Package {
  readonly ecosystem: PackageEcosystem;
  /** As its ecosystem writes it: `libc6`, `@fastify/static`, `golang.org/x/net`; `stdlib` is Go's own library. */
  readonly name: string;
  /** As its ecosystem writes it: `2.41-12+deb13u1`, `4.17.21`, `v0.38.0`. */
  readonly version: string;
  /** Debian: the source package that it is built from, by which advisories name it. */
  readonly source?: string;
  /** Debian: `amd64`, `all`. */
  readonly architecture?: string;
  /** Debian: the release's number: `13`. */
  readonly release?: string;
  /** Package URL (purl-spec): `pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=trixie`. */
  readonly purl: string;
}

/** A newer version of a Debian package in the security updates of its release. */
export interface PendingUpdate {
  readonly name: string;
  /** The version that is locked. */
  readonly version: string;
  /** The version that the security updates have. */
  readonly newer: string;
}

/** What is known of a built image, beside its bytes. */
export interface ImageContents {
  /** The image's name: the component's, or the service's. */
  readonly image: string;
  /** The digest of its manifest. */
  readonly digest: string;
  readonly packages: readonly Package[];
  /** The sources that it was made of; absent where it has none. */
  readonly sources?: {
    /** The absolute path of the component's folder. */
    readonly folder: string;
    /** Path below the folder (it may begin with `../`) → sha256 in hexadecimal, or what a link leads to. */
    readonly files: Readonly<Record<string, string>>;
  };
}
