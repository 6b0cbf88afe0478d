/** Why a limit is what it is; the number is what counts. */
export interface Limit {
  readonly most: number;
  readonly because: string;
}

const kibibyte = 2 ** 10;
const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

const limit = (most: number, because: string): Limit => ({ most, because });

/**
 * How much is taken of what others write, so that none of it can fill the disk, the memory or the day. Each is far
 * above what is seen in earnest. Sizes are in bytes, times in milliseconds.
 */
export const limits = {
  project: {
    bytes: limit(256 * kibibyte, 'a hundred components take some 50 KiB'),
    depth: limit(32, 'the deepest key of ptp.yaml is at the fifth level'),
    values: limit(20_000, 'aliases let a small file stand for any number of values'),
    told: limit(200, 'nobody reads on; the same mistake often has hundreds of followers'),
    files: limit(1_000_000, 'a ConfigMap holds 1 MiB (Kubernetes), less its names'),
  },
  archive: {
    entries: limit(100_000, 'the largest package of Debian has some 50,000'),
    bytes: limit(2 * gibibyte, 'the largest packages that images use unpack to some 200 MiB'),
    file: limit(gibibyte, 'the largest program in an image is some 150 MiB'),
    control: limit(16 * mebibyte, 'checksums of 100,000 files are some 10 MiB'),
    path: limit(4096, 'PATH_MAX of Linux'),
    names: limit(
      64 * mebibyte,
      'all names of an archive together are in memory; those of 50,000 files are some 4 MiB',
    ),
    header: limit(mebibyte, 'long names and extended attributes; Linux has at most 64 KiB in each of these'),
    inMemory: limit(
      64 * mebibyte,
      'small files stay in memory until they are this together; the rest stays on disk',
    ),
    decoder: limit(256 * mebibyte, "what xz -9 made needs 65 MiB, and a file's own header may ask for 4 GiB"),
  },
  mirror: {
    release: limit(8 * mebibyte, "Debian's InRelease is some 200 KiB"),
    index: limit(256 * mebibyte, "Debian's Packages is some 50 MiB; Node.js has no text of 512"),
    package: limit(2 * gibibyte, 'the largest package of Debian is some 1.5 GiB'),
    paragraph: limit(mebibyte, 'the longest of Debian is some 30 KiB'),
  },
  node: {
    manifest: limit(4 * mebibyte, 'the package.json of large projects is some 50 KiB'),
    lockfile: limit(64 * mebibyte, 'ten thousand packages take some 5 MiB'),
    places: limit(100_000, 'the largest applications have some 5,000 packages'),
  },
  advisories: {
    file: limit(gibibyte, "the largest of OSV's archives, npm's, is some 200 MiB"),
    entries: limit(2_000_000, 'all of OSV has some 700,000'),
    entry: limit(16 * mebibyte, 'one that lists every version of a package reaches 3 MiB'),
    bytes: limit(8 * gibibyte, "Debian's unpacks to some 1 GiB"),
    ratio: limit(250, 'entries shrink to a twentieth at best; zeros to a thousandth'),
    files: limit(10_000, 'a folder of single entries is for tests and for what a team adds itself'),
  },
  credentials: {
    file: limit(4 * mebibyte, 'nobody writes longer files; bundles and data are'),
    layer: limit(512 * mebibyte, 'what an application itself brings is some 50 MiB'),
    files: limit(100_000, 'the largest applications have some 20,000'),
    found: limit(200, 'nobody reads on; a file of keys has one on each line'),
    line: limit(2000, 'longer lines are made by programs, where every name looks random'),
  },
  kubernetes: {
    record: limit(
      64 * mebibyte,
      'the manifests of a hundred components are some MiB, and etcd keeps at most 1.5 packed',
    ),
    kubeconfig: limit(16 * mebibyte, 'a context with its certificates takes some 10 KiB'),
  },
  evidence: {
    bundle: limit(64 * mebibyte, 'a list of ten thousand packages is some 8 MiB'),
  },
  registry: {
    answer: limit(
      8 * mebibyte,
      'the specification lets manifests grow to 4 MiB; lists and errors are smaller',
    ),
    layers: limit(1000, 'overlayfs mounts some 500 at most'),
    image: limit(32 * gibibyte, 'images with models in them reach 20 GiB'),
    pages: limit(100, 'nobody attaches thousands of artifacts to one image'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Limit>>>>;
