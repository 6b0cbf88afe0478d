import { findPackageJson } from '../workspace/find-package-json.ts';

/** An application for Node.js: a package.json with a start script that calls `node`. */
export async function detectNode(folder: string): Promise<string | undefined> {
  const start = (await findPackageJson(folder))?.scripts?.start;
  return start !== undefined && /^node\s/.test(start.trim())
    ? `package.json starts "${start.trim()}"`
    : undefined;
}
