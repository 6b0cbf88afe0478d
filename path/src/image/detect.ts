import { detectGo } from './go/detect.ts';
import { detectNode } from './node/detect.ts';
import { detectStatic } from './static/detect.ts';

/** The builder that suits a folder, and what in the folder says so. */
export interface Detected {
  readonly builder: 'node' | 'static' | 'go';
  readonly reason: string;
}

/** Finds the builder for a folder with sources; undefined where none is recognised. */
export async function detect(folder: string): Promise<Detected | undefined> {
  // A page's package.json may start a development server; an application for Node.js has no index.html beside it.
  const page = await detectStatic(folder);
  if (page !== undefined) return { builder: 'static', reason: page };
  const application = await detectNode(folder);
  if (application !== undefined) return { builder: 'node', reason: application };
  const program = await detectGo(folder);
  return program === undefined ? undefined : { builder: 'go', reason: program };
}

/** The name of the builder that suits a folder, or undefined. */
export async function detectBuilder(folder: string): Promise<Detected['builder'] | undefined> {
  return (await detect(folder))?.builder;
}
