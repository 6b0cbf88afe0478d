/** A text file that no package brings because a maintainer script would write it. */
export interface SystemFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** What base-files' scripts would write: where the C library looks names up (nsswitch.conf(5)). */
export const nameLookup: SystemFile = {
  path: 'etc/nsswitch.conf',
  mode: 0o644,
  text: 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n',
};

/** The `control` file as scanners look for it in images that have no dpkg, with the state that dpkg would note. */
export function statusText(control: string): string {
  return `${control.trim().replace(/^(Package: [^\n]*)\n/u, '$1\nStatus: install ok installed\n')}\n`;
}
