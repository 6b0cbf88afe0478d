import { UserMistake } from './core/failure.ts';
import type { ImageSpec } from './core/image-spec.ts';
import { detect } from './image/detect.ts';
import { labelsOf } from './image/labels.ts';
import { findPackageJson } from './image/workspace/find-package-json.ts';
import type { Component, Project } from './project/project.ts';
import { serviceImages } from './services/table.ts';

/** What a project's images are built from: those of its components, then those of its services. */
export async function imagesOf(project: Project): Promise<readonly ImageSpec[]> {
  const components = await Promise.all(project.components.map((component) => imageOf(project, component)));
  return [...components, ...serviceImages(project)];
}

async function imageOf(project: Project, component: Component): Promise<ImageSpec> {
  const builder = component.builder ?? (await detect(component.source))?.builder;
  if (builder === undefined) {
    throw new UserMistake({
      what: `nothing says how to build ${component.name}`,
      where: { key: `components.${component.name}.source` },
      next: 'Give its package.json a "start" script (a server) or a "build" script and an index.html (a page), or name its `builder`.',
    });
  }
  return {
    name: component.name,
    builder,
    source: component.source,
    labels: labelsOf({
      project: project.name,
      component: component.name,
      own: await findPackageJson(component.source),
      shared: await findPackageJson(project.folder),
    }),
    ...(component.base === undefined ? {} : { base: component.base }),
  };
}
