import { posix } from 'node:path';
import type { GoImage } from '../../core/image-spec.ts';

/** Where programs are in their images. */
export const programFolder = 'usr/local/bin';

/** What a program is compiled for, whatever this machine and its settings are. */
export const target: Readonly<Record<string, string>> = {
  GOOS: 'linux',
  GOARCH: 'amd64',
  GOAMD64: 'v1',
  CGO_ENABLED: '0',
};

/**
 * The arguments of `go build`. What would differ from machine to machine stays out of the program: paths, the state of
 * version control, the identity of the build. Symbol tables stay out as well, since no image has a debugger.
 */
export function buildArguments(spec: Pick<GoImage, 'tags' | 'ldflags'>, output: string): readonly string[] {
  const ldflags = ['-s', '-w', '-buildid=', ...(spec.ldflags === undefined ? [] : [spec.ldflags])].join(' ');
  return [
    'build',
    '-trimpath',
    '-buildvcs=false',
    ...tagArguments(spec),
    `-ldflags=${ldflags}`,
    '-v',
    '-o',
    output,
  ];
}

/** The arguments that choose files by build tags. */
export function tagArguments({ tags = [] }: Pick<GoImage, 'tags'>): readonly string[] {
  return tags.length === 0 ? [] : [`-tags=${[...tags].sort().join(',')}`];
}

/** What `go build` would call a package's program: its path's last word, or the one before a major version. */
export function programName(importPath: string): string {
  const words = importPath.split('/');
  const last = words.at(-1) ?? importPath;
  return /^v[2-9]\d*$|^v1\d+$/.test(last) && words.length > 1 ? (words.at(-2) ?? last) : last;
}

/** Flags of GOFLAGS that change how the go command works here, but no program. */
const harmless = /^--?(?:mod|modcacherw|buildvcs|trimpath|v|x|n|p|a|json|count|timeout)(?:=|$)/;

/** Of GOFLAGS, the flags that would give another program; images are built without them. */
export function foreignFlags(goflags: string): readonly string[] {
  return goflags.split(/\s+/).filter((flag) => flag !== '' && !harmless.test(flag));
}

/** Whether a package's program may be made of a file of its folder: by its name, whatever the file says. */
export function isPackageFile(name: string): boolean {
  if (name.endsWith('_test.go')) return false;
  return /^[^._].*\.(?:go|[sS]|[hc]|hh|hpp|hxx|cc|cpp|cxx|m|f|F|for|f90|syso|swig|swigcxx)$/.test(name)
    ? true
    : name === 'default.pgo' || name === 'go.mod';
}

/**
 * Which paths below a package's folder its `//go:embed` patterns (`path.Match` of Go, segment by segment) may mean;
 * asked for a folder before it is entered (the path then ends with a slash). May say yes to more than Go does: what Go
 * leaves out of what a pattern names is left in.
 */
export function embeds(patterns: readonly string[]): (path: string) => boolean {
  const all = patterns.map((pattern) =>
    posix
      .normalize(pattern.replace(/^all:/, ''))
      .split('/')
      .filter((word) => word !== '.')
      .map(segment),
  );
  return (path) => {
    const isFolder = path.endsWith('/');
    const words = path.replace(/\/$/, '').split('/');
    if (words.includes('.git')) return false;
    return all.some((pattern) => {
      if (!isFolder && words.length < pattern.length) return false;
      return pattern.every((matches, index) => {
        const word = words[index];
        return word === undefined || matches.test(word);
      });
    });
  };
}

function segment(text: string): RegExp {
  // A character class can hold more than this needs to know; escapes only ever name one character.
  if (/[[\\]/.test(text)) return /^/;
  const literal = text.replaceAll(/[.+^${}()|\]]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su');
}
