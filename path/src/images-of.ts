import { UserMistake } from './core/failure.ts';
import type { ImageSpec } from './core/image-spec.ts';
import { detect } from './image/detect.ts';
import { labelsOf } from './image/labels.ts';
import { findPackageJson } from './image/workspace/find-package-json.ts';
import type { Component, Project } from './project/project.ts';
import { suggestion } from './project/suggest.ts';
import { serviceImages } from './services/table.ts';

/**
 * What a project's images are built from: those of its components, then those of its services.
 * @param only names of components: then theirs alone. Throws UserMistake for one that the project does not have.
 */
export async function imagesOf(
  project: Project,
  only: readonly string[] = [],
): Promise<readonly ImageSpec[]> {
  const names = project.components.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UserMistake(
      unknown.map((name) => ({
        what: `no component is called \`${name}\``,
        next: suggestion(name, names),
      })),
    );
  }
  const wanted = project.components.filter(({ name }) => only.length === 0 || only.includes(name));
  const components = await Promise.all(wanted.map((component) => imageOf(project, component)));
  return only.length > 0 ? components : [...components, ...serviceImages(project)];
}

async function imageOf(project: Project, component: Component): Promise<ImageSpec> {
  const said = component.builder ?? (component.go === undefined ? undefined : 'go');
  const builder = said ?? (await detect(component.source))?.builder;
  if (builder === undefined) {
    throw new UserMistake({
      what: `nothing says how to build ${component.name}`,
      where: { key: `components.${component.name}.source` },
      next: 'Give its package.json a "start" script (a server) or a "build" script and an index.html (a page), make it a Go module with one program (of several, name one: `go: { main: cmd/… }`), or name its `builder`.',
    });
  }
  const common = {
    name: component.name,
    source: component.source,
    labels: labelsOf({
      project: project.name,
      component: component.name,
      own: await findPackageJson(component.source),
      shared: await findPackageJson(project.folder),
    }),
    ...(component.base === undefined ? {} : { base: component.base }),
  };
  return builder === 'go' ? { ...common, ...component.go, builder } : { ...common, builder };
}
