/** Who the image's process is. Never 0. */
export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
  /** Its name in /etc/passwd. */
  readonly name: string;
  readonly home: string;
}

/** What every image has, whatever builds it. */
export interface ImageCommon {
  /** The component's name, or that of a part of the cluster; unique within one build. */
  readonly name: string;
  /** Labels; the builder adds `org.opencontainers.image.revision`. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** An application for Node.js: its lockfile's production dependencies as one layer, its files as another. */
export interface NodeImage extends ImageCommon {
  readonly builder: 'node';
  /** The absolute path of the application's folder (where its package.json is). */
  readonly source: string;
  /** A base image by digest (`registry/name@sha256:…`) instead of the one assembled from Debian packages. */
  readonly base?: string;
}

/** A web page: `npm run build` makes it, a small static server serves it. */
export interface StaticImage extends ImageCommon {
  readonly builder: 'static';
  /** The absolute path of the folder with the page's package.json. */
  readonly source: string;
  readonly base?: string;
}

/** A program in Go: compiled without cgo, in a layer of its own on a base without a C library or a shell. */
export interface GoImage extends ImageCommon {
  readonly builder: 'go';
  /** The absolute path of a folder in a Go module. */
  readonly source: string;
  /** The folder of the program, seen from `source`; absent: `source` itself, or the only program below its `cmd`. */
  readonly main?: string;
  /** Build tags. */
  readonly tags?: readonly string[];
  /** Flags for the linker, as the go command takes them. */
  readonly ldflags?: string;
  readonly base?: string;
}

/** A folder that the image has with rights of its own, such as a data directory. */
export interface ImageFolder {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file that the image has, its content given here. */
export interface ImageFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** An image assembled from Debian packages, their dependencies included unless `closed`. */
export interface DebianImage extends ImageCommon {
  readonly builder: 'debian';
  readonly packages: readonly string[];
  /** Packages that dependencies name but the image does not need: a shell, perl, debconf. */
  readonly without?: readonly string[];
  /** Take `packages` alone and none of their dependencies. */
  readonly closed?: boolean;
  readonly user: ImageUser;
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folders?: readonly ImageFolder[];
  readonly files?: readonly ImageFile[];
  readonly stopSignal?: string;
}

/** Statically linked programs of this machine, certificate authorities and nothing else. */
export interface BinaryImage extends ImageCommon {
  readonly builder: 'binary';
  readonly programs: readonly { readonly from: string; readonly to: string }[];
  readonly user: ImageUser;
  readonly entrypoint: readonly string[];
  readonly files?: readonly ImageFile[];
}

/** What to build; one builder for each `builder`. */
export type ImageSpec = NodeImage | StaticImage | GoImage | DebianImage | BinaryImage;
