import { z } from 'zod';
import type { CloudKind } from '../clouds/kind.ts';
import { type CloudKindName, cloudKinds } from '../clouds/kinds.ts';
import { alerts, slo } from './observe-schema.ts';
import { severities, usualPolicy } from './policy.ts';
import { quantity } from './quantity.ts';

/*
 * The one description of ptp.yaml: types, validation, the JSON Schema for editors and the reference page come from
 * it. A check's message has two lines where there is more to say than "wrong": what is wrong, then the next step.
 */

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** A name of a Kubernetes Service (RFC 1035 label), short enough that `-migrate-` and a digest still fit in 63. */
const name = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    'is no DNS name\nUse small letters, digits and hyphens; begin with a letter, end with a letter or a digit.',
  )
  .max(40, 'is too long for a DNS name with its additions\nUse at most 40 characters.');

const domain = z
  .string()
  .max(253, 'is too long for a domain\nUse at most 253 characters.')
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
    'is no domain\nWrite it without https:// and in small letters: hello.example.com',
  );

const port = z.int().min(1, 'is no port\nUse 1 to 65535.').max(65535, 'is no port\nUse 1 to 65535.');

const cpu = z
  .string()
  .refine((text) => quantity(text) !== undefined, 'is no quantity of processors\nWrite 250m, or "0.5".');

/** A number of bytes; below a mebibyte somebody wrote `m` for `Mi`. */
const memory = z
  .string()
  .refine((text) => quantity(text) !== undefined, 'is no quantity of memory\nWrite 128Mi, or 1Gi.')
  .refine((text) => (quantity(text) ?? mebibyte) >= mebibyte, {
    error: 'is less than 1Mi (m means thousandths of a byte)\nUse Mi or Gi: 128Mi',
  });

const storage = z
  .string()
  .refine((text) => quantity(text) !== undefined, 'is no quantity of storage\nWrite 1Gi, or 500Mi.')
  .refine((text) => (quantity(text) ?? gibibyte) >= 64 * mebibyte, {
    error: 'is too little for a database\nUse at least 64Mi.',
  });

const nodes = z
  .int()
  .min(1, 'is too few nodes\nUse 1 to 9.')
  .max(9, 'is too many nodes for one machine\nUse 1 to 9.');

const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name for a variable\nUse letters, digits and underscores.');

const containerPath = z
  .string()
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[^/\0:]+)+$/,
    'is no path of a file in the container\nWrite it from the root, without . or ..: /etc/app/routes.json',
  );

const goProgram = z.strictObject({
  main: z
    .string()
    .regex(
      /^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.~-]+(?:\/[\w.~-]+)*$/,
      'is no folder below `source`\nWrite it without . or .. and without a slash at its ends: cmd/server',
    )
    .optional()
    .meta({
      description:
        'The folder of the program, seen from `source`. Left out: `source` itself, or the only program below its `cmd`.',
      examples: ['cmd/server'],
    }),
  tags: z
    .array(
      z
        .string()
        .regex(/^[\w.]+$/, 'is no build tag\nUse letters, digits, _ and dots; one tag for each entry.'),
    )
    .default([])
    .meta({ description: 'Build tags.', examples: [['netgo']] }),
  ldflags: z
    .string()
    .regex(/^-/, 'is no flag\nBegin with a flag of the linker: -X main.version=1.2.0')
    .optional()
    .meta({
      description:
        'Flags for the linker, after `-s -w -buildid=`. The same on every machine: no time, no commit.',
      examples: ['-X main.version=1.2.0'],
    }),
});

const stabilization = z
  .int()
  .min(0, 'is no time\nUse 0 to 3600 seconds.')
  .max(3600, 'is too long\nUse at most 3600 seconds.');

const scale = z.strictObject({
  max: z
    .int()
    .min(1, 'is too few\nUse at least as many as `replicas`.')
    .max(100, 'is too many\nUse at most 100.')
    .optional()
    .meta({ description: 'The most copies. Left out: twice `replicas`.' }),
  cpu: z
    .string()
    .refine(
      (text) => /^[1-9]\d{0,3}%$/.test(text) || (!text.endsWith('%') && (quantity(text) ?? 0) > 0),
      'is neither processor time nor a percentage\nWrite 500m, or 80% of what `resources.cpu` keeps.',
    )
    .default('500m')
    .meta({
      description:
        'What a copy may use on average before there are more: processor time, or a percentage of `resources.cpu`.',
    }),
  up: stabilization
    .default(60)
    .meta({ description: 'Seconds that copies have to use more than that before one is added.' }),
  down: stabilization
    .default(300)
    .meta({ description: 'Seconds that fewer copies have to suffice before one goes.' }),
});

/** What is scaled without a word about it is scaled so. */
export const usualScale = scale.parse({});

const component = z
  .strictObject({
    source: z
      .string()
      .min(1, 'is empty\nName the folder of the component.')
      .meta({
        description: "The component's folder, seen from the folder of ptp.yaml.",
        examples: ['system/gateway'],
      }),
    builder: z.enum(['node', 'static', 'go']).optional().meta({
      description:
        'How the image is built: `node` runs the application with Node.js, `static` builds a web page and serves its files, `go` compiles a program in Go. Left out, the source tells.',
    }),
    go: goProgram.optional().meta({ description: 'How `go` compiles the program.' }),
    base: z
      .string()
      .regex(
        /^[^\s@]+@sha256:[0-9a-f]{64}$/,
        'is no image by digest\nPin it, so that it cannot change underneath you: registry.example.com/node@sha256:…',
      )
      .optional()
      .meta({ description: "A base image by digest, instead of the builder's own." }),
    route: z
      .string()
      .regex(
        /^\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/,
        'is no route\nBegin with / and end without one: /, or /shop',
      )
      .optional()
      .meta({
        description:
          'The path below the domain that users reach it at. A component without one cannot be reached from outside.',
        examples: ['/'],
      }),
    port: port.default(8080).meta({ description: 'The port it serves on; it is told so by `PORT`.' }),
    management: port.default(9090).meta({
      description: 'The port of its probes (`/livez`, `/readyz`) and metrics. It never has a route.',
    }),
    env: z
      .record(environmentName, z.string())
      .default({})
      .meta({
        description:
          'Its environment. Other components are hosts by their names. No secrets: those come by `needs`.',
        examples: [{ BACKEND_URL: 'http://backend:8080' }],
      }),
    files: z
      .record(containerPath, z.string().min(1, 'is empty\nName a file of the project.'))
      .default({})
      .meta({
        description:
          'Configuration files: path in the container → file seen from the folder of ptp.yaml. Read-only.',
        examples: [{ '/etc/app/routes.json': 'config/routes.json' }],
      }),
    needs: z
      .array(z.string())
      .default([])
      .meta({
        description:
          'Services it is bound to. Their connection details are files below `$SERVICE_BINDING_ROOT/<service>/`.',
        examples: [['database']],
      }),
    migrate: z
      .array(z.string().min(1, 'is an empty word\nRemove it.'))
      .min(1, 'is empty\nName a program, or remove `migrate`.')
      .optional()
      .meta({
        description:
          'The program, word by word, that brings the database up to date. It runs from the new image before the rollout; when it fails, nothing is rolled out.',
        examples: [['node', 'src/migrate.ts']],
      }),
    replicas: z
      .int()
      .min(1, 'is too few\nUse at least 1.')
      .max(100, 'is too many\nUse at most 100.')
      .optional()
      .meta({
        description:
          'How many copies run; with `scale`, the fewest. With 2 or more a rollout loses no request. Left out: 2, and more under load where the component is bound to no service.',
      }),
    scale: scale.optional().meta({
      description:
        'More copies under load. Left out: as above where `replicas` is left out as well, else none. `{}` for the usual.',
      examples: [{ max: 6, cpu: '80%' }],
    }),
    resources: z
      .strictObject({
        cpu: cpu.default('100m').meta({ description: 'Processor time that is kept for each copy.' }),
        memory: memory.default('128Mi').meta({ description: 'Memory that is kept for each copy.' }),
        memoryLimit: memory.optional().meta({
          description: 'A copy that needs more is stopped. Left out: 256Mi, or `memory` where that is more.',
        }),
      })
      .prefault({})
      .meta({ description: 'What each copy is given, as Kubernetes quantities.' }),
  })
  .meta({ description: 'One application of the system.' });

const service = z
  .strictObject({
    type: z.enum(['postgres']).meta({ description: 'What it is.' }),
    version: z
      .int()
      .min(17, 'is not to be had\nUse 17: it is the version that the Debian release of the images has.')
      .max(17, 'is not to be had\nUse 17: it is the version that the Debian release of the images has.')
      .default(17)
      .meta({ description: 'The major version.' }),
    storage: storage.default('1Gi').meta({ description: 'The size of its disk.' }),
    backup: z
      .strictObject({
        schedule: z
          .string()
          .regex(/^(\S+ ){4}\S+$/, 'is no schedule\nWrite it as cron does: "17 3 * * *".')
          .default('17 3 * * *')
          .meta({ description: 'When, as cron writes it; UTC.' }),
        keep: z.int().min(1).max(1000).default(14).meta({ description: 'How many are kept.' }),
      })
      .optional()
      .meta({
        description:
          'Backups: encrypted in the cluster with a key that only you have, and kept in the registry. `{}` for daily ones. Left out: none.',
      }),
  })
  .meta({ description: 'Something that components need and the path provides.' });

const namespace = name.optional().meta({ description: 'The namespace. Left out: the name of the system.' });
const storageClass = z
  .string()
  .min(1, 'is empty\nName one, or remove the key.')
  .optional()
  .meta({ description: "The storage class of databases. Left out: the cluster's default." });

const uncommitted = z.enum(['allow', 'warn', 'block']).optional().meta({
  description:
    'What `ptp up` does with sources that no commit has: `block` refuses them before anything is built. Left out: `allow` on a target of `cluster: local`, else `warn`.',
});

const acmeServer = {
  server: z
    .string()
    .regex(/^https:\/\/[^\s/]+(\/\S*)?$/, "is no ACME directory\nWrite the directory's https:// address.")
    .default('https://acme-v02.api.letsencrypt.org/directory')
    .meta({ description: "The authority's ACME directory. Left out: Let’s Encrypt's." }),
  email: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'is no e-mail address\nWrite it as name@example.com.')
    .optional()
    .meta({ description: 'Whom the authority tells of trouble with certificates.' }),
};

const rfc2136 = z.strictObject({
  nameServer: z
    .string()
    .regex(
      /^\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?$/,
      "is no name server's address\nWrite an IP address, with a port where it is not 53: 192.0.2.53:5353",
    )
    .meta({
      description: 'The name server that takes updates, as the cluster reaches it.',
      examples: ['192.0.2.53'],
    }),
  key: z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-zA-Z0-9._-]+$/, "is no key's name\nWrite it as the name server has it.")
        .meta({ description: 'As the name server has it.', examples: ['ptp'] }),
      algorithm: z.enum(['hmac-sha1', 'hmac-sha256', 'hmac-sha512']).default('hmac-sha256'),
      file: z.string().min(1, 'is empty\nName the file.').meta({
        description:
          "A file with the key's secret in base64, seen from the folder of ptp.yaml. Keep it out of the repository.",
      }),
    })
    .meta({ description: 'What updates are signed with (TSIG, RFC 8945).' }),
  wait: z
    .int()
    .min(0, 'is no time\nUse 0 or more.')
    .max(600, 'is more than ten minutes\nUse at most 600.')
    .default(10)
    .meta({
      description:
        'Seconds that the other name servers of the zone have to take an update over, before the authority asks them. On a cluster whose cert-manager is somebody else’s, that one looks itself.',
    }),
});

/** A public authority for clusters that belong to no cloud: there nobody says how a zone is written to. */
const ownAcme = z
  .strictObject({
    ...acmeServer,
    authority: z.string().min(1, 'is empty\nName a file, or remove the key.').optional().meta({
      description:
        'A PEM file, seen from the folder of ptp.yaml, with authorities that machines do not know: of the directory’s own certificate, and of those that it issues. For an authority of a company’s own.',
    }),
    dns01: z
      .strictObject({ rfc2136: rfc2136.meta({ description: 'By dynamic updates (RFC 2136).' }) })
      .optional()
      .meta({
        description:
          'How it is shown in the zone that the domain is ours. Left out: at the gateway itself, which the authority has to reach on port 80.',
      }),
  })
  .optional()
  .meta({
    description:
      "A public authority that certificates are asked of (ACME, RFC 8555). Left out: an authority of the system's own, which browsers do not know.",
  });
const monitoring = z.enum(['cluster', 'none'], 'is no kind of monitoring\nUse cluster, or none.');
const watched = monitoring.default('cluster').meta({
  description:
    '`cluster`: a Prometheus and an Alertmanager in the cluster, put in when the system serves. `none`: nothing measures and nobody is told.',
});

const local = z
  .strictObject({
    cluster: z.literal('local'),
    domain: domain.optional().meta({
      description: 'Where users find the system. Left out: `<name>.localhost`, which every browser resolves.',
    }),
    namespace,
    instance: name.optional().meta({
      description:
        "The local cluster's name; systems that name the same one share it. Left out: the system's name.",
    }),
    ports: z
      .strictObject({ http: port.default(80), https: port.default(443) })
      .prefault({})
      .meta({ description: "The cluster's public ports on this machine." }),
    nodes: nodes.default(1).meta({
      description:
        'How many nodes the cluster has, to see what happens when one of them goes. The first one has the control plane and all data; each further one takes about 110 MiB of memory.',
    }),
    acme: ownAcme,
    monitoring: watched,
    uncommitted,
  })
  .meta({ description: 'A Kubernetes on this machine, started by ptp.' });

const kubeconfig = z
  .strictObject({
    cluster: z.literal('kubeconfig'),
    domain: domain.meta({ description: 'Where users find the system.' }),
    namespace,
    context: z
      .string()
      .min(1, 'is empty\nName one, or remove the key.')
      .optional()
      .meta({ description: "The kubeconfig's context. Left out: its current one." }),
    kubeconfig: z.string().min(1, 'is empty\nName one, or remove the key.').optional().meta({
      description:
        'A kubeconfig file, seen from the folder of ptp.yaml. Left out: `$KUBECONFIG`, then ~/.kube/config.',
    }),
    registry: z
      .string()
      .min(1, 'is empty\nName one.')
      .meta({
        description: 'Where images are pushed and the nodes pull them.',
        examples: ['registry.example.com/team'],
      }),
    gatewayClass: z.string().min(1, 'is empty\nName one, or remove the key.').optional().meta({
      description: 'The Gateway API class that carries the route. Left out: the only one there is.',
    }),
    storageClass,
    acme: ownAcme,
    monitoring: watched.meta({
      description:
        '`cluster`: a Prometheus and an Alertmanager beside the system, in a namespace `<namespace>-monitoring`, put in when the system serves; they see this system alone. `none`: nothing measures and nobody is told, as where somebody else watches over it.',
    }),
    uncommitted,
  })
  .meta({ description: 'A cluster that is there already.' });

const cidr = z
  .string()
  .regex(
    /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/,
    'is no range of addresses\nWrite it as an address and a length: 203.0.113.0/24',
  );

const acme = z.strictObject(acmeServer).prefault({});

/** A public cloud's managed cluster, and what else of the cloud's the system gets. */
const cloud = (kind: CloudKindName, words: CloudKind) =>
  z
    .strictObject({
      cluster: z.literal(kind),
      region: z
        .string()
        .regex(/^[a-z][a-z0-9-]*$/, `is no region\nWrite it as the cloud does: ${words.region}`)
        .meta({ description: 'The region.', examples: [words.region] }),
      account: z
        .string()
        .min(1, 'is empty\nName one, or remove the key.')
        .optional()
        .meta({ description: `${words.account} Left out: that of the credentials at hand.` }),
      domain: domain.meta({ description: 'Where users find the system.' }),
      namespace,
      zone: domain.optional().meta({
        description:
          'A DNS zone that is there already and that the domain is in: only the domain is written to it. Left out: a zone for the domain is made, and its parent has to delegate to it.',
        examples: ['example.com'],
      }),
      access: z
        .array(cidr)
        .default([])
        .meta({
          description: "Ranges of addresses that may reach the cluster's API server. Left out: all may try.",
          examples: [['203.0.113.0/24']],
        }),
      databases: z.enum(['managed', 'cluster']).default('managed').meta({
        description: "`managed`: the cloud's own PostgreSQL. `cluster`: as on a local target, on a volume.",
      }),
      databaseClass: z
        .string()
        .min(1, 'is empty\nName one, or remove the key.')
        .optional()
        .meta({
          description: "The size of a managed database's server. Left out: the smallest there is.",
          examples: [words.size],
        }),
      certificates: z.enum(['acme', 'own']).default('acme').meta({
        description:
          "`acme`: of a public authority, which every browser knows. `own`: of an authority of the system's own.",
      }),
      acme: acme.meta({ description: 'The public authority; unless told, Let’s Encrypt.' }),
      monitoring: watched,
      uncommitted,
    })
    .meta({ description: `${words.title}. Not verified on a real account.` });

const target = z.discriminatedUnion('cluster', [
  local,
  kubeconfig,
  ...Object.entries(cloudKinds).map(([kind, words]) => cloud(kind as CloudKindName, words)),
]);

const noErrors = 'is neither a number of requests nor a share of them\nWrite 3, or "0.5%".';
const errors = z.union(
  [
    z.int().min(0, noErrors).max(1_000_000, noErrors),
    z.string().regex(/^(100|\d{1,2}(\.\d{1,6})?)%$/, noErrors),
  ],
  noErrors,
);

const rollout = z.strictObject({
  rate: z
    .int()
    .min(0, 'is below 0\nUse 1 to 2000, or 0 for none.')
    .max(2000, 'is more than one machine can send evenly\nUse at most 2000.')
    .default(40)
    .meta({
      description:
        'Requests a second that go through the public URL while pods are replaced, from before the first change until the last old pod has gone. 0: nothing is measured, and `ptp up` does not wait for old pods.',
    }),
  maxErrors: errors.default('0.5%').meta({
    description:
      'How many of them may fail: a share of all, of which two failures are forgiven, or exactly so many.',
    examples: ['0.5%', 0],
  }),
  maxLatency: z
    .int()
    .min(1, 'is no time\nUse 1 or more.')
    .max(60_000, 'is more than a minute\nUse at most 60000.')
    .optional()
    .meta({
      description:
        'Milliseconds that 99 of 100 requests must be answered within. Left out: however long it takes.',
      examples: [500],
    }),
  deadline: z
    .int()
    .min(10, 'is too short for a pod to start\nUse at least 10.')
    .max(3600, 'is more than an hour\nUse at most 3600.')
    .default(300)
    .meta({
      description:
        'Seconds that the new version has to become ready. Where it does not, the version before is brought back.',
    }),
  migrationDeadline: z
    .int()
    .min(10, 'is too short for a pod to start\nUse at least 10.')
    .max(86_400, 'is more than a day\nUse at most 86400.')
    .default(600)
    .meta({
      description:
        'Seconds that the migrations of a release may take together. One that takes longer is ended, and nothing is rolled out.',
    }),
  writes: z.boolean().optional().meta({
    description:
      'Whether rows are written, where the system makes them by `POST /api/`, to see that none is lost. They stay. Left out: on a target of `cluster: local` alone.',
  }),
});

const reason = z.string().regex(/\S/, 'is empty\nSay in a sentence why: others will ask.');

/** Whether a text is a day that the calendar has. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const vulnerabilities = z
  .strictObject({
    block: z
      .enum([...severities, 'none'])
      .default(usualPolicy.block)
      .meta({
        description:
          'From this severity on, a vulnerability that has a fix stops `ptp up` before images are published.',
      }),
    warn: z
      .enum([...severities, 'none'])
      .default(usualPolicy.warn)
      .meta({
        description: 'From this severity on, a vulnerability that stops nothing is told of.',
      }),
    unfixed: z.enum(['warn', 'block']).default(usualPolicy.unfixed).meta({
      description: 'Whether vulnerabilities without a fix stop it as well. Malicious packages always do.',
    }),
    withoutDatabase: z.enum(['warn', 'block']).default(usualPolicy.withoutDatabase).meta({
      description: 'Whether it stops where no database of vulnerabilities can be had.',
    }),
    database: z
      .string()
      .min(1, 'is empty\nName one, or remove the key.')
      .optional()
      .meta({
        description:
          "A database in OSV's format: a folder, a .zip or .json file (seen from the folder of ptp.yaml), or the address of a mirror. `PTP_OSV` says another. Left out: the one that osv.dev publishes.",
        examples: ['https://mirror.example.com/osv'],
      }),
    accept: z
      .array(
        z.strictObject({
          id: z
            .string()
            .regex(
              /^[A-Za-z][A-Za-z0-9]*-[\w.:-]+$/,
              'is no name of a vulnerability\nWrite it as the message does: CVE-2026-1234',
            )
            .meta({ description: 'The vulnerability, by any of its names.', examples: ['CVE-2026-1234'] }),
          reason: reason.meta({ description: 'Why it does no harm here.' }),
          until: z
            .string()
            .regex(/^\d{4}-\d{2}-\d{2}$/, 'is no date\nWrite it as 2027-01-31.')
            .refine(isDay, 'is no day of the calendar\nWrite it as 2027-01-31.')
            .meta({ description: 'The last day on which it is accepted.', examples: ['2027-01-31'] }),
        }),
      )
      .default([])
      .meta({ description: 'Vulnerabilities that somebody looked at: they stop nothing until that day.' }),
  })
  .prefault({})
  .meta({ description: 'What is done about known vulnerabilities in what images hold.' });

const secrets = z
  .strictObject({
    allow: z
      .array(
        z.strictObject({
          file: z
            .string()
            .min(1, 'is empty\nName the file as the message does.')
            .meta({
              description: 'The file as the message names it, or a pattern as in .gitignore.',
              examples: ['system/backend/src/sample.ts'],
            }),
          rule: z.string().min(1, 'is empty\nName the rule, or remove the key.').optional().meta({
            description: 'The rule as the message names it. Left out: every rule.',
          }),
          reason: reason.meta({ description: 'Why it is no secret.' }),
        }),
      )
      .default([])
      .meta({ description: 'What looks like a credential and is none.' }),
  })
  .prefault({})
  .meta({
    description: 'Credentials in sources and images stop `ptp up` before anything is published.',
  });

/** Everything that ptp.yaml may say. */
export const projectSchema = z
  .strictObject({
    name: name.meta({
      description:
        "The system's name: its namespace, its domain on this machine and its images are called so.",
      examples: ['hello'],
    }),
    components: z
      .record(name, component)
      .refine((all) => Object.keys(all).length > 0, 'has no component\nName at least one, with its source.')
      .meta({
        description: "The system's applications by name; the name is also its host within the system.",
      }),
    services: z.record(name, service).default({}).meta({ description: 'What components need, by name.' }),
    rollout: rollout.prefault({}).meta({
      description:
        'What is measured while a new version replaces the one that serves, and what it may do to requests.',
    }),
    slo: slo.prefault({}).meta({ description: 'What its users may rely on. What is missed of it is told.' }),
    alerts: alerts.prefault({}).meta({
      description: 'Who is told when something breaks. Left out: nobody; `ptp status` shows it.',
    }),
    targets: z.record(name, target).optional().meta({
      description:
        'Where the system can run, by name. Left out: one target, `local`. `--target` chooses; else the only one, or `local`.',
    }),
    vulnerabilities,
    secrets,
  })
  .meta({ title: 'ptp.yaml', description: 'A system and its path to production.' });

/** ptp.yaml as it was understood: every default that does not depend on another key is filled in. */
export type ProjectFile = z.output<typeof projectSchema>;
export type ComponentFile = ProjectFile['components'][string];
export type TargetFile = NonNullable<ProjectFile['targets']>[string];

/** ptp.yaml as JSON Schema (draft 2020-12): what editors complete and check by. */
export function editorSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(projectSchema, { io: 'input' });
}

/** The schema of one entry in each of the sections that map names to parts. */
export const partSchemas: Readonly<Record<string, z.ZodType>> = {
  components: component,
  services: service,
  targets: target,
};

/** Parts of a target that the environment can say as well. */
export const targetParts = { name, domain, port, nodes, monitoring } as const;
